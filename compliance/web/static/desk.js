// The desk for those who read all day. Every page works without these files.
import { onKey } from "./keys.js";
import { followLinks } from "./turn.js";
import { watchSelection } from "./marks.js";
import { answerWhileTyping } from "./search.js";
import { narrowReasons } from "./reasons.js";

document.addEventListener("keydown", onKey);
document.addEventListener("change", (event) => {
  if (event.target.name === "disposition") narrowReasons(event.target);
});
followLinks();
watchSelection();
answerWhileTyping();
for (const radio of document.querySelectorAll("input[name=disposition]:checked")) narrowReasons(radio);
for (const button of document.querySelectorAll("button.help")) button.hidden = false;
