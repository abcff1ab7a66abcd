// Search answers below its field while one types; Enter opens the whole page of answers.
const WAIT = 120;
let asked = 0;
let timer;

export function answerWhileTyping() {
  const field = document.querySelector(".find input");
  const panel = document.querySelector("#found");
  if (!field || !panel) return;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => answer(field, panel), WAIT);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") panel.hidden = true;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      panel.querySelector("a")?.focus();
    }
  });
  panel.addEventListener("keydown", (event) => {
    const links = [...panel.querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = links.indexOf(document.activeElement) + step;
    (next < 0 ? field : links[Math.min(next, links.length - 1)]).focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(".find")) panel.hidden = true;
  });
}

async function answer(field, panel) {
  const words = field.value.trim();
  const turn = ++asked;
  if (!words) {
    panel.hidden = true;
    return;
  }
  const response = await fetch(`/search?q=${encodeURIComponent(words)}`).catch(() => null);
  // An answer to what was typed before is of no use any more.
  if (!response?.ok || turn !== asked) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const hits = page.querySelector("#hits");
  if (!hits) return;
  panel.replaceChildren(...[...hits.childNodes].map((node) => document.adoptNode(node)));
  panel.hidden = false;
}
