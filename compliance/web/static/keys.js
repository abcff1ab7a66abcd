// Keys are declared where they act: data-key on a link, button, choice, field or the summary of a part that opens.
import { narrowReasons, chooseReason } from "./reasons.js";
import { selectSentence } from "./marks.js";

const typing = (target) => target.matches("input:not([type=radio], [type=checkbox]), textarea, select");
const seen = (element) => !element.closest("[hidden]") || element.matches("form[hidden] *");

export function onKey(event) {
  const form = document.querySelector("#decide");
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const own = event.target.closest?.("form[method=post]") ?? form;
    if (own) {
      event.preventDefault();
      own.requestSubmit();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return document.activeElement?.blur();
  const inReasons = event.target.matches?.("select[name=reason]");
  if (typing(event.target) && !(inReasons && /^[1-9]$/.test(event.key))) return;
  if (press(event.key)) event.preventDefault();
}

function press(key) {
  if (key === "?") return openKeys();
  if (/^[1-9]$/.test(key)) return chooseReason(Number(key));
  if (key === "[" || key === "]") return selectSentence(key === "]" ? 1 : -1);
  if (key === "j" || key === "k") {
    if (moveInQueue(key === "j" ? 1 : -1)) return true;
  }
  const target = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(seen);
  return target ? act(target) : false;
}

function act(target) {
  if (target.matches("input[type=radio]")) {
    target.checked = true;
    narrowReasons(target);
    target.form.querySelector("select[name=reason]").focus();
  } else if (target.matches("textarea, input")) {
    target.focus();
    target.select?.();
  } else if (target.matches("summary")) {
    target.parentElement.open = true;
    target.parentElement.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  } else {
    target.click();
  }
  return true;
}

function moveInQueue(step) {
  const rows = [...document.querySelectorAll(".queue .row")];
  if (!rows.length) return false;
  const here = rows.indexOf(document.activeElement);
  rows[Math.max(0, Math.min(here + step, rows.length - 1))].focus();
  return true;
}

function openKeys() {
  document.querySelector("#keys")?.showModal();
  return true;
}
