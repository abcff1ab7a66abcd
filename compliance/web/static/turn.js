// Triage turns from case to case without loading the page anew: the same addresses and forms, their answers put in
// place of what is shown. Where an answer is no page of the desk, what is shown stays, and so does what was typed.
import { narrowReasons } from "./reasons.js";

const main = () => document.querySelector("#main");
const turns = () => main().dataset.turns !== undefined;
let busy = false;

export function followLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !turns() || event.ctrlKey || event.metaKey || event.shiftKey || link.target) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.pathname !== "/triage") return;
    event.preventDefault();
    turn(link.href);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!turns() || form.method !== "post" || !main().contains(form)) return;
    event.preventDefault();
    const action = event.submitter?.getAttribute("formaction") ?? form.action;
    turn(action, new URLSearchParams(new FormData(form, event.submitter)));
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("button.help")) document.querySelector("#keys").showModal();
  });
  window.addEventListener("popstate", () => {
    if (turns() && location.pathname === "/triage") turn(location.href, null, false);
    else if (turns()) location.reload();
  });
  holdCase();
}

async function turn(url, body = null, remember = true) {
  if (busy) return;
  busy = true;
  main().setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { method: body ? "POST" : "GET", body, credentials: "same-origin" });
    await show(answer, remember);
  } catch {
    say("The desk does not answer. Nothing was lost here; try again in a moment.");
  } finally {
    busy = false;
    main().removeAttribute("aria-busy");
  }
}

async function show(answer, remember) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#main");
  if (!fresh || fresh.dataset.turns === undefined) {
    if (answer.ok) return location.assign(answer.url);
    return say(fresh?.textContent.replace(/\s+/g, " ").trim() || "That did not work.");
  }
  main().replaceWith(document.adoptNode(fresh));
  document.title = page.title;
  if (remember && answer.ok) history.pushState(null, "", answer.url);
  for (const radio of document.querySelectorAll("input[name=disposition]:checked")) narrowReasons(radio);
  for (const button of document.querySelectorAll("button.help")) button.hidden = false;
  window.scrollTo(0, 0);
  main().focus({ preventScroll: true });
  if (answer.ok) holdCase();
}

// Says something above the case without touching what was typed.
function say(text) {
  let box = document.querySelector("#said");
  if (!box) {
    box = document.createElement("div");
    box.id = "said";
    box.className = "problem";
    box.setAttribute("role", "alert");
    main().prepend(box);
  }
  box.textContent = text;
  box.scrollIntoView({ block: "nearest" });
}

// Whoever opens a case in triage holds it for a while, so that no two officers read the same one by accident.
async function holdCase() {
  const form = turns() && document.querySelector("form.claim");
  if (!form) return;
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
  if (answer.status === 409) say("Another officer has just begun to work on this case.");
  else form.remove();
}
