// Keys for those who read all day. Every page works without this file.
const form = document.querySelector("#decision form[action$='/decide']");
const typing = (target) => target.matches("input:not([type=radio]), textarea, select");

function narrowReasons(disposition) {
  const select = form.querySelector("select[name=reason]");
  for (const group of select.querySelectorAll("optgroup")) {
    group.hidden = group.disabled = group.dataset.for !== disposition;
  }
  if (select.selectedOptions[0]?.parentElement.disabled) select.value = "";
}

function choose(key) {
  const radio = form?.querySelector(`input[type=radio][data-key="${key}"]`);
  if (!radio) return false;
  radio.checked = true;
  narrowReasons(radio.value);
  form.querySelector("select[name=reason]").focus();
  return true;
}

form?.addEventListener("change", (event) => {
  if (event.target.name === "disposition") narrowReasons(event.target.value);
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && form) {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") document.activeElement?.blur();
  if (typing(event.target)) return;
  const rows = [...document.querySelectorAll(".queue .row")];
  const here = rows.indexOf(document.activeElement);
  if (event.key === "j" && rows.length) rows[Math.min(here + 1, rows.length - 1)].focus();
  else if (event.key === "k" && rows.length) rows[Math.max(here - 1, 0)].focus();
  else if (event.key === "u") location.assign("/");
  else if (event.key === "?") document.querySelector("#keys")?.showModal();
  else if (event.key === "m" && form) form.querySelector("textarea").focus();
  else if (!choose(event.key)) return;
  event.preventDefault();
});
