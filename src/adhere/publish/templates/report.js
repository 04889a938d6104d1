// Picks the evidence that is shown, and keeps the choice in the address: #model=…&section=…
(() => {
  "use strict";
  const names = ["model", "section", "direction"];
  const form = document.getElementById("filters");
  const note = document.getElementById("shown");
  const entries = [...document.querySelectorAll("details.entry")];
  const groups = [...document.querySelectorAll("section.of-model")];
  const fields = Object.fromEntries(names.map((name) => [name, document.getElementById("by-" + name)]));
  const sections = new Map(entries.map((it) => [it, JSON.parse(it.dataset.sections)]));

  function fits(entry, chosen) {
    return (!chosen.model || entry.dataset.model === chosen.model)
      && (!chosen.direction || entry.dataset.direction === chosen.direction)
      && (!chosen.section || sections.get(entry).includes(chosen.section));
  }

  function show() {
    const chosen = Object.fromEntries(names.map((name) => [name, fields[name].value]));
    let count = 0;
    for (const entry of entries) {
      entry.hidden = !fits(entry, chosen);
      count += !entry.hidden;
    }
    for (const group of groups) {
      group.hidden = Boolean(chosen.model) && group.dataset.model !== chosen.model;
    }
    note.textContent = `${count} of the ${entries.length} on this page`;
  }

  function read() {
    const words = location.hash.slice(1);
    const entry = entries.find((it) => it.id === words);
    const given = new URLSearchParams(words);
    if (!entry && words && !names.some((name) => given.has(name))) return;
    for (const name of names) {
      const value = entry ? "" : given.get(name) || "";
      fields[name].value = [...fields[name].options].some((it) => it.value === value) ? value : "";
    }
    show();
    if (entry) {
      entry.open = true;
      entry.scrollIntoView();
    } else if (words) {
      document.getElementById("evidence").scrollIntoView();
    }
  }

  form.addEventListener("change", () => {
    const chosen = names.filter((name) => fields[name].value).map((name) => [name, fields[name].value]);
    history.replaceState(null, "", "#" + (String(new URLSearchParams(chosen)) || "evidence"));
    show();
  });
  addEventListener("hashchange", read);
  form.hidden = false;
  for (const it of document.querySelectorAll(".with-script")) it.hidden = false;
  show();
  read();
})();
