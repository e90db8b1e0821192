/* Written by vae_lessons: theme, search, and what a keyboard needs. */

// ---- Theme: the head of the page has set it; the button switches and remembers.
const root = document.documentElement;
const themeButton = document.querySelector("#theme");
function setTheme(theme) {
  root.dataset.theme = theme;
  themeButton.textContent = theme === "dark" ? "Light theme" : "Dark theme";
}
setTheme(root.dataset.theme);
themeButton.addEventListener("click", () => {
  setTheme(root.dataset.theme === "dark" ? "light" : "dark");
  try { localStorage.setItem("vae-lessons-theme", root.dataset.theme); } catch { /* for this page only, then */ }
});

// ---- A block that scrolls sideways can be reached by keys.
const reachable = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  for (const block of document.querySelectorAll("pre, table, mjx-container[display]")) reachable.observe(block);
});

// ---- While pictures, formulas and widgets arrive, stay at the heading that the address names.
const aim = document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (aim) {
  const arriving = new ResizeObserver(() => aim.scrollIntoView());
  arriving.observe(document.querySelector("article"));
  for (const move of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(move, () => arriving.disconnect(), { once: true, passive: true });
  }
}

// ---- Contents: mark the section that is being read.
const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
const headings = [...links.keys()].map((id) => document.getElementById(id));
function markSection() {
  const above = headings.filter((heading) => heading.getBoundingClientRect().top < 120).pop();
  for (const [id, link] of links) link.ariaCurrent = id === above?.id ? "location" : null;
}
addEventListener("scroll", markSection, { passive: true });
markSection();

// ---- Search over headings and text of all pages; "/" leads to the box, arrows walk through what is found.
const query = document.querySelector("#query");
if (query) {
  const found = document.querySelector("#found");
  const results = document.querySelector("#results");
  const MOST = 12;
  let index;

  const start = () => {
    index = new MiniSearch({
      fields: ["title", "text", "page"],
      storeFields: ["title", "text", "page", "url"],
      searchOptions: { boost: { title: 4 }, prefix: true, fuzzy: 0.2, combineWith: "AND" },
    });
    index.addAll(window.searchIndex);
  };

  // The words around the first match, the matches marked.
  const excerpt = (text, words) => {
    const small = document.createElement("small");
    const at = Math.max(0, Math.min(...words.map((word) => text.toLowerCase().indexOf(word)).filter((n) => n >= 0)) - 50);
    const from = Number.isFinite(at) ? at : 0;
    const piece = `${from ? "…" : ""}${text.slice(from, from + 150)}${from + 150 < text.length ? "…" : ""}`;
    const marks = new RegExp(`(${words.map((word) => word.replace(/[^\p{L}\p{N}]/gu, "\\$&")).join("|")})`, "iu");
    piece.split(marks).forEach((part, place) => {
      if (place % 2) small.append(Object.assign(document.createElement("mark"), { textContent: part }));
      else small.append(part);
    });
    return small;
  };

  const show = () => {
    const asked = query.value.trim();
    results.replaceChildren();
    found.textContent = "";
    if (asked) {
      if (!index) start();
      const hits = index.search(asked);
      for (const { title, page, url, text, terms } of hits.slice(0, MOST)) {
        const link = Object.assign(document.createElement("a"), { href: url });
        link.append(Object.assign(document.createElement("strong"), { textContent: title }));
        if (title !== page) link.append(` · ${page}`);
        link.append(excerpt(text, terms));
        const item = document.createElement("li");
        item.append(link);
        results.append(item);
      }
      found.textContent = !hits.length ? `Nothing found for “${asked}”.`
        : hits.length > MOST ? `The best ${MOST} of ${hits.length} places:` : hits.length === 1 ? "1 place:" : `${hits.length} places:`;
    }
    results.hidden = !results.children.length;
  };
  const close = () => { query.value = ""; show(); };

  query.addEventListener("input", show);
  results.addEventListener("click", close);
  document.addEventListener("click", ({ target }) => { if (!target.closest("search")) close(); });
  document.addEventListener("keydown", (event) => {
    const inSearch = event.target.closest("search");
    const stops = [query, ...results.querySelectorAll("a")];
    const place = stops.indexOf(document.activeElement);
    if (event.key === "/" && !event.target.closest("input, textarea, .vae-lessons")) query.focus();
    else if (!inSearch) return;
    else if (event.key === "ArrowDown") stops[Math.min(place + 1, stops.length - 1)].focus();
    else if (event.key === "ArrowUp") stops[Math.max(place - 1, 0)].focus();
    else if (event.key === "Enter" && place === 0) stops[1]?.click();
    else if (event.key === "Escape") { close(); query.focus(); }
    else return;
    event.preventDefault();
  });
}
