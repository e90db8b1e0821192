/* Written by vae_lessons: shows the deck, and makes the content of each slide as large as it may be. */

// How much pictures and widgets grow, and how large text is; the first pair that fits is taken.
const SIZES = [
  ...[1.3, 1.2, 1.1].map((text) => [1.7, text]),
  ...[1.7, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1, 1, 0.9, 0.8, 0.7].map((grow) => [grow, 1]),
  ...[0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6].map((text) => [0.7, text]),
];
const SMALLEST_CODE = 0.85; // where lines need still smaller type, they wrap

const overflows = (slide) => slide.scrollHeight > slide.clientHeight || slide.scrollWidth > slide.clientWidth;

function resize(slide, grow, text) {
  slide.style.setProperty("--grow", grow);
  slide.style.setProperty("--text", text);
}

function fit(slide) {
  slide.classList.remove("scrolls");
  resize(slide, 1, 1);
  for (const code of slide.querySelectorAll("pre")) {
    code.style.cssText = "width: max-content; white-space: pre";
    const share = code.parentElement.clientWidth / code.offsetWidth;
    const wraps = share < SMALLEST_CODE;
    code.style.cssText = wraps ? "white-space: pre-wrap" : `--code: ${Math.min(1, share)}`;
  }
  for (const size of SIZES) {
    resize(slide, ...size);
    if (!overflows(slide)) return;
  }
  slide.classList.add("scrolls");
  slide.tabIndex = 0;
}

const deck = document.querySelector(".reveal");
const current = () => Reveal.getCurrentSlide();

// What is drawn later (widgets), unfolded, or changed by the hand may need more room.
const grown = new ResizeObserver(() => overflows(current()) && fit(current()));
const growing = deck.querySelectorAll(".jupyter-widgets, details");

// A click outside a widget, or Escape, gives the keys back to the slides; a presenter's remote control always turns them.
const inWidget = () => document.activeElement?.closest(".jupyter-widgets, summary");
document.addEventListener("keydown", (event) => {
  if (!inWidget()) return;
  if (event.key === "Escape") document.activeElement.blur();
  else if (event.key === "PageDown") Reveal.next();
  else if (event.key === "PageUp") Reveal.prev();
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  for (const image of deck.querySelectorAll("figure img")) { // a style sheet cannot read the attribute
    image.style.setProperty("--width", `${image.getAttribute("width") ?? image.naturalWidth}px`);
  }
  for (const image of deck.querySelectorAll("figure > img")) { // a tall picture has its caption beside it
    image.parentElement.classList.toggle("tall", image.naturalWidth < 1.3 * image.naturalHeight);
  }
  // The speaker view copies notes without the style that hides this second form of each formula.
  for (const second of deck.querySelectorAll(".notes mjx-assistive-mml")) second.remove();
  Reveal.initialize({
    width: 1280, height: 720, margin: 0, center: false, hash: true, transition: "none", slideNumber: "c/t",
    navigationMode: "linear", scrollActivationWidth: null, keyboardCondition: () => !inWidget(),
    pdfMaxPagesPerSlide: 1, pdfSeparateFragments: false, plugins: [RevealNotes],
  });
  Reveal.on("pdf-ready", () => Reveal.getSlides().forEach(fit));
  Reveal.on("slidechanged", ({ currentSlide }) => fit(currentSlide));
  Reveal.on("ready", ({ currentSlide }) => {
    fit(currentSlide);
    for (const content of growing) {
      content.dataset.preventSwipe = "";
      grown.observe(content);
    }
    document.documentElement.dataset.ready = "";
  });
});
