// Slides in JupyterLab's window, the speaker's notes in another one that reads them from the same page.

const NOTES_STYLE = `
  body { margin: 0; padding: 18px 26px; font: 20px/1.45 system-ui, sans-serif; }
  header { display: flex; flex-wrap: wrap; gap: 8px 28px; align-items: baseline; border-bottom: 1px solid #888; }
  header p { margin: 0 0 10px; }
  #clock { font-size: 34px; font-variant-numeric: tabular-nums; }
  #late { padding: 0 10px; background: #b71c1c; color: white; font-weight: bold; }
  #late:empty { display: none; }
  main { margin: 14px 0; max-width: 45em; }
  blockquote { margin: 0 0 14px; }
  pre, code { font-size: 17px; }
  footer { display: flex; gap: 10px; align-items: center; border-top: 1px solid #888; padding-top: 12px; }
  button { font: inherit; padding: 4px 16px; white-space: nowrap; }`;

function render({ el }) {
  const words = element("p", { role: "status" }, "Run all cells first: then every slide is ready.");
  const start = element("button", { type: "button" }, "▶ Start the lecture");
  start.addEventListener("click", () => {
    const panel = el.closest(".jp-NotebookPanel");
    const slides = panel?.querySelector('[data-command="deck:toggle"]');
    if (!slides) {
      words.textContent = "Slides need an extension of JupyterLab. Start it by: uv run --extra lecture jupyter lab";
      return;
    }
    const notes = openNotes(panel);
    words.textContent = notes ? "" : "The browser blocked the window with the notes: allow pop-ups, and start again.";
    begin(panel, slides);
  });
  el.append(element("div", { class: "vae-lessons-lecture" }, start, words));
}

/** Present from the first slide on, whichever cell is active now. */
function begin(panel, slides) {
  const first = panel.querySelector(".jp-Cell:not([data-jpf-cell-id=lecture-start])");
  press(first);
  if (document.body.dataset.jpDeckMode !== "presenting") press(slides);
  first.focus();
}

/** What the mouse does: JupyterLab's buttons listen to more than the click. */
function press(node) {
  for (const type of ["mousedown", "mouseup", "click"]) {
    node.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, button: 0 }));
  }
}

function go(...directions) {
  const ways = directions.map((direction) => document.querySelector(`.jp-Deck-Remote .jp-deck-mod-direction-${direction}`));
  ways.find((way) => way && !way.classList.contains("jp-mod-disabled"))?.click();
}

let endFormer = () => {};

/** The window, filled anew at every step; null if the browser did not open it. */
function openNotes(panel) {
  const view = window.open("", "vae-lessons-notes", "popup,width=900,height=760");
  if (!view) return null;
  endFormer();
  const page = view.document;
  page.head.replaceChildren(element("meta", { charset: "utf-8" }), element("title", {}, "Speaker notes"));
  page.head.append(element("style", {}, NOTES_STYLE));
  page.documentElement.lang = "en";
  page.documentElement.style.colorScheme = document.body.dataset.jpThemeLight === "false" ? "dark" : "light";

  const clock = element("p", { id: "clock" }), plan = element("p"), late = element("p", { id: "late", role: "status" });
  const notes = element("main"), next = element("p");
  const button = (label, act) => {
    const made = element("button", { type: "button" }, label);
    made.addEventListener("click", act);
    return made;
  };
  const [back, forward] = [() => go("up", "back"), () => go("down", "forward")];
  page.body.replaceChildren(
    element("header", {}, clock, plan, late), notes,
    element("footer", {}, button("◀ Back", back), button("Next ▶", forward), next),
  );
  page.onkeydown = (event) => {
    const forwards = ["ArrowRight", "ArrowDown", "PageDown", " "].includes(event.key) && !event.shiftKey;
    const backwards = ["ArrowLeft", "ArrowUp", "PageUp"].includes(event.key) || (event.key === " " && event.shiftKey);
    if (!forwards && !backwards) return;
    event.preventDefault();
    forwards ? forward() : back();
  };

  const began = Date.now();
  const tick = () => {
    const minutes = (Date.now() - began) / 60_000;
    const sections = plannedSections(panel);
    const total = sections.at(-1)?.until ?? 0;
    clock.textContent = `${Math.floor(minutes)}:${String(Math.floor((minutes % 1) * 60)).padStart(2, "0")}`;
    const now = sections.findLast(({ cell }) => !follows(cell, firstShown(panel)));
    plan.textContent = now ? `${now.title}: until minute ${now.until} of ${total}` : "";
    const behind = now ? Math.floor(minutes - now.until) : 0;
    late.textContent = behind > 0 ? `${behind} min behind` : "";
  };
  const show = () => {
    const shown = notesCells(panel, visibleCells(panel).map((cell) => cell.dataset.jpfCellId));
    const texts = shown.map((cell) => page.importNode(cell.querySelector(".jp-MarkdownOutput"), true));
    for (const formula of texts.flatMap((text) => [...text.querySelectorAll("mjx-container")])) {
      formula.replaceWith(formula.querySelector("math") ?? formula.textContent); // MathJax's fonts stay behind
    }
    notes.replaceChildren(...(texts.length ? texts : [element("p", {}, "No notes for this slide.")]));
    const after = notesCells(panel).find((cell) => follows(cell, shown.at(-1) ?? firstShown(panel)));
    next.textContent = after ? `Next: ${titleOf(panel, after)}` : "";
    tick();
  };
  let waiting;
  const changed = new MutationObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 60);
  });
  changed.observe(panel, { subtree: true, attributes: true, attributeFilter: ["class"] });
  const ticking = setInterval(() => {
    view.closed || !panel.isConnected ? endFormer() : tick();
  }, 1000);
  endFormer = () => {
    clearInterval(ticking);
    changed.disconnect();
  };
  show();
  return view;
}

const visibleCells = (panel) => [...panel.querySelectorAll(".jp-Cell.jp-deck-mod-visible")];
const firstShown = (panel) => visibleCells(panel)[0];
const follows = (cell, other) => Boolean(other && other.compareDocumentPosition(cell) & Node.DOCUMENT_POSITION_FOLLOWING);
const subject = (cell) => cell.dataset.jpfCellTags?.match(/,notes-for-([^,]+),/)?.[1];

/** The cells of notes, or those for the cells with these ids. */
function notesCells(panel, ids) {
  return [...panel.querySelectorAll(".jp-Cell")].filter((cell) => {
    const id = subject(cell);
    return id && (!ids || ids.includes(id));
  });
}

/** The sections that the notes announce, with the minute at which each should end. */
function plannedSections(panel) {
  let until = 0;
  return notesCells(panel).flatMap((cell) => {
    const [, title, minutes] = cell.querySelector(".jp-MarkdownOutput strong")?.textContent.match(/^(.+) · (\d+) minutes?$/) ?? [];
    if (!title) return [];
    until += Number(minutes);
    return [{ cell: panel.querySelector(`[data-jpf-cell-id="${subject(cell)}"]`), title, until }];
  });
}

/** How the slide begins that a cell of notes is about. */
function titleOf(panel, notes) {
  const cell = panel.querySelector(`[data-jpf-cell-id="${subject(notes)}"]`);
  const text = (cell?.querySelector("h1, h2, h3") ?? cell?.querySelector(".jp-MarkdownOutput, .jp-OutputArea"))?.textContent ?? "";
  const line = text.replace("¶", "").trim().split("\n")[0];
  return line.length > 70 ? `${line.slice(0, 70)}…` : line;
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export default { render };
