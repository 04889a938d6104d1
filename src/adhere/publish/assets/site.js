/* What a site does beyond being read. Nothing here is needed to read it. */
"use strict";

/* Theme: as the system has it, light, dark; kept on this device only. */
(() => {
  const button = document.getElementById("theme");
  if (!button) return;
  const root = document.documentElement;
  const names = { auto: "Auto", light: "Light", dark: "Dark" };
  const show = () => {
    const now = root.dataset.theme || "auto";
    button.textContent = names[now];
    button.setAttribute("aria-label", `Theme: ${names[now]}`);
  };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const next = { auto: "light", light: "dark", dark: "auto" }[root.dataset.theme || "auto"];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      localStorage.setItem("adhere-theme", next);
    } catch { /* it lasts until the page is left */ }
    show();
  });
})();

/* "/" goes to the search field, as on most sites of documentation. */
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  (document.getElementById("words") || document.getElementById("q")).focus();
});

/* Contents: mark the section being read, and keep the mark in view. */
(() => {
  const contents = document.getElementById("contents");
  if (!contents) return;
  const wide = matchMedia("(min-width: 64rem)");
  if (!wide.matches) contents.querySelector("details").open = false;
  const links = new Map();
  for (const link of contents.querySelectorAll("a")) {
    const place = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (place) links.set(place, link);
  }
  const places = [...links.keys()];
  let marked = null;
  const mark = () => {
    const edge = 140;
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[middle].getBoundingClientRect().top <= edge) low = middle + 1;
      else high = middle;
    }
    const link = links.get(places[Math.max(0, low - 1)]);
    if (!link || link === marked) return;
    marked?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "location");
    marked = link;
    if (!wide.matches) return;
    const box = contents.getBoundingClientRect();
    const at = link.getBoundingClientRect();
    if (at.top < box.top + 40 || at.bottom > box.bottom - 40) {
      contents.scrollTop += at.top - box.top - box.height / 2;
    }
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      mark();
    });
  }, { passive: true });
  mark();
})();

/* Where there is room beside the text, figures are shown without being asked for. */
if (matchMedia("(min-width: 84rem)").matches) {
  for (const kept of document.querySelectorAll(".margin .kept")) kept.open = true;
}

/* Search of the static site: the entries and the engine are loaded when they are first needed. */
(() => {
  const results = document.querySelector("#results[data-search]");
  if (!results) return;
  const field = document.getElementById("q");
  const load = (address) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  let engine = null;
  const ready = () => {
    engine ??= (async () => {
      await Promise.all([load(results.dataset.search), load(results.dataset.entries)]);
      const index = new MiniSearch({
        fields: ["title", "text", "names"],
        searchOptions: { boost: { title: 6, names: 3 }, prefix: true, fuzzy: 0.15, combineWith: "AND" },
      });
      index.addAll(self.adhereEntries.map((entry, id) => ({ id, title: entry[1], text: entry[4], names: entry[5] })));
      return index;
    })();
    return engine;
  };
  const element = (name, text, kind) => {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    made.textContent = text;
    return made;
  };
  /* A stretch of the text around the first word found, with the words marked. */
  const extract = (text, terms) => {
    const made = document.createElement("p");
    const words = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(`(${words.join("|")})`, "giu");
    const first = Math.max(0, text.search(pattern));
    const from = first < 80 ? 0 : text.indexOf(" ", first - 80) + 1;
    const piece = text.slice(from, from + 240);
    if (from) made.append("…");
    for (const [number, part] of piece.split(pattern).entries()) {
      made.append(number % 2 ? element("mark", part) : part);
    }
    if (from + 240 < text.length) made.append("…");
    return made;
  };
  let asked = 0;
  const search = async (query) => {
    const turn = ++asked;
    if (!query.trim()) {
      results.replaceChildren();
      return;
    }
    const index = await ready();
    if (turn !== asked) return;
    const hits = index.search(query.slice(0, 200)).slice(0, 30);
    const list = element("ol", "", "hits");
    for (const hit of hits) {
      const [anchor, title, kind, level, text] = self.adhereEntries[hit.id];
      const item = document.createElement("li");
      const link = element("a", title);
      link.href = `${results.dataset.read}#${encodeURIComponent(anchor)}`;
      item.append(link, " ", element("span", kind, "tag"));
      if (level) item.append(" ", element("span", level[0].toUpperCase() + level.slice(1), `level ${level}`));
      item.append(extract(text, hit.terms));
      list.append(item);
    }
    results.replaceChildren(element("p", `${hits.length || "Nothing"} found`, "quiet"), list);
    history.replaceState(null, "", `?q=${encodeURIComponent(query)}`);
  };
  field.value = new URLSearchParams(location.search).get("q") || "";
  field.addEventListener("input", () => search(field.value));
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    search(field.value);
  });
  search(field.value);
  if (!field.value) field.focus();
})();
