"use strict";
(() => {
  const table = document.getElementById("table");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  const articles = new Map([...document.querySelectorAll("article")].map(a => [a.dataset.case, a]));
  const words = new Map(rows.map(r => [r, (r.textContent + " " + articles.get(r.dataset.case).textContent).toLowerCase()]));
  const find = document.getElementById("find"), status = document.getElementById("status"), count = document.getElementById("count");
  const tiles = [...document.querySelectorAll("button[data-filter]")];
  let severity = "";

  const filter = () => {
    const want = find.value.trim().toLowerCase();
    let n = 0;
    for (const r of rows) {
      const show = (!severity || r.dataset.severity === severity) && (!status.value || r.dataset.status === status.value) && words.get(r).includes(want);
      r.hidden = articles.get(r.dataset.case).hidden = !show;
      n += show;
    }
    count.textContent = n === rows.length ? "" : n + " of " + rows.length;
  };
  find.addEventListener("input", filter);
  status.addEventListener("change", filter);
  for (const b of tiles) b.addEventListener("click", () => {
    severity = severity === b.dataset.filter ? "" : b.dataset.filter;
    for (const t of tiles) t.setAttribute("aria-pressed", String(t.dataset.filter === severity));
    filter();
  });
  document.querySelector(".filters").hidden = false;

  const value = (r, key) => key === "link" ? r.querySelector(".what").textContent.toLowerCase() : Number(r.dataset[key]);
  const heads = [...table.tHead.rows[0].cells];
  for (const th of heads) {
    const b = document.createElement("button");
    b.type = "button";
    b.append(...th.childNodes);
    th.append(b);
    b.addEventListener("click", () => {
      const up = th.getAttribute("aria-sort") === "descending" || (!th.hasAttribute("aria-sort") && th.dataset.key === "link");
      for (const h of heads) h.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = th.dataset.key;
      rows.sort((a, b) => { const x = value(a, key), y = value(b, key); return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1); });
      table.tBodies[0].append(...rows);
    });
  }

  const reveal = () => {
    const a = document.getElementById(location.hash.slice(1));
    const d = a && a.querySelector("details");
    if (d) { d.open = true; a.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => { for (const a of articles.values()) a.querySelector("details").open = true; });
})();
