// Only the reasons that fit the decision can be chosen.
export function narrowReasons(radio) {
  const select = radio.form.querySelector("select[name=reason]");
  for (const group of select.querySelectorAll("optgroup")) {
    group.hidden = group.disabled = group.dataset.for !== radio.value;
  }
  if (select.selectedOptions[0]?.parentElement.disabled) select.value = "";
}

// The n-th reason of the decision that is chosen; false where there is none.
export function chooseReason(number) {
  const chosen = document.querySelector("#decide input[name=disposition]:checked");
  if (!chosen) return false;
  const select = chosen.form.querySelector("select[name=reason]");
  const option = select.querySelectorAll("optgroup:not([disabled]) option")[number - 1];
  if (!option) return false;
  select.value = option.value;
  chosen.form.querySelector("button.primary").focus();
  return true;
}
