// A span of a story becomes evidence: selected with the mouse, or sentence by sentence with [ and ].
const FIELDS = ".story [data-field]";
const points = (text) => [...text].length;

export function watchSelection() {
  document.addEventListener("selectionchange", showMarker);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#marker button")) mark();
  });
}

function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const holder = range.startContainer.parentElement?.closest(FIELDS);
  if (!holder || !holder.contains(range.endContainer) || !range.toString().trim()) return null;
  return { range, holder };
}

function showMarker() {
  const marker = document.querySelector("#marker");
  if (!marker) return;
  const found = selected();
  const form = found?.holder.closest(".story").querySelector("form.mark");
  marker.hidden = !form;
  if (form) marker.querySelector("span").textContent = `“${found.range.toString().trim()}”`;
}

function mark() {
  const found = selected();
  const form = found?.holder.closest(".story").querySelector("form.mark");
  if (!form) return;
  const before = document.createRange();
  before.selectNodeContents(found.holder);
  before.setEnd(found.range.startContainer, found.range.startOffset);
  const whole = found.range.toString();
  const quote = whole.trim();
  const start = points(before.toString()) + points(whole.slice(0, whole.indexOf(quote)));
  form.elements.field.value = found.holder.dataset.field;
  form.elements.start.value = start;
  form.elements.end.value = start + points(quote);
  form.elements.quote.value = quote;
  form.closest("details").open = true;
  form.elements.says.focus();
  document.querySelector("#marker").hidden = true;
}

// Selects the sentence after (1) or before (-1) the selected one, in the first story that is shown.
export function selectSentence(step) {
  const holder = selected()?.holder ?? document.querySelector(".story .body");
  if (!holder) return false;
  const text = holder.textContent;
  const sentences = [...new Intl.Segmenter(holder.lang || "en", { granularity: "sentence" }).segment(text)];
  const spans = sentences.map((s) => [s.index, s.index + s.segment.trimEnd().length]).filter(([a, b]) => b > a);
  const range = selected()?.range;
  let here = -1;
  if (range) {
    const before = document.createRange();
    before.selectNodeContents(holder);
    before.setEnd(range.startContainer, range.startOffset);
    here = spans.findLastIndex(([start]) => start <= before.toString().length);
  } else if (step < 0) here = spans.length;
  const span = spans[Math.max(0, Math.min(here + step, spans.length - 1))];
  if (!span) return false;
  const chosen = document.createRange();
  chosen.setStart(...at(holder, span[0]));
  chosen.setEnd(...at(holder, span[1]));
  getSelection().removeAllRanges();
  getSelection().addRange(chosen);
  (chosen.startContainer.parentElement ?? holder).scrollIntoView({ block: "nearest" });
  return true;
}

function at(holder, offset) {
  const walker = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
  let left = offset;
  let last = holder;
  while (walker.nextNode()) {
    last = walker.currentNode;
    if (left <= last.data.length) return [last, left];
    left -= last.data.length;
  }
  return [last, last.data?.length ?? 0];
}
