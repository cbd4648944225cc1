(() => {
  // Tables sort by a click on a heading, and filter as one types.
  for (const table of document.querySelectorAll("table.rows")) {
    const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
    heads.forEach((th, i) => {
      if (!th.dataset.sort) return;
      const number = th.dataset.sort === "n", b = document.createElement("button");
      const value = r => { const c = r.cells[i]; return number ? Number(c.dataset.v ?? (parseFloat(c.textContent) || 0)) : c.textContent.toLowerCase(); };
      b.type = "button";
      b.append(...th.childNodes);
      th.append(b);
      b.addEventListener("click", () => {
        const was = th.getAttribute("aria-sort"), up = was ? was === "descending" : !number;
        for (const h of heads) h.removeAttribute("aria-sort");
        th.setAttribute("aria-sort", up ? "ascending" : "descending");
        const keyed = rows.map((r, n) => ({ r, n, v: value(r) }));
        keyed.sort((a, b) => (a.v < b.v ? -1 : a.v > b.v ? 1 : 0) * (up ? 1 : -1) || a.n - b.n);
        body.append(...keyed.map(k => k.r));
      });
    });
    const box = table.closest(".tabled"), find = box && box.querySelector("input[type=search]");
    if (!find) continue;
    const out = box.querySelector("output"), words = rows.map(r => r.textContent.toLowerCase());
    find.addEventListener("input", () => {
      const want = find.value.trim().toLowerCase();
      let n = 0;
      rows.forEach((r, i) => { const show = words[i].includes(want); r.hidden = !show; n += show; });
      out.textContent = n === rows.length ? "" : n + " of " + rows.length;
    });
    box.querySelector(".filters").hidden = rows.length < 6;
  }

  // squarify parts a rectangle among values in falling order, as the page was
  // laid out before.
  const squarify = (values, x, y, w, h) => {
    let sum = values.reduce((a, b) => a + b, 0);
    if (!(sum > 0)) { values = values.map(() => 1); sum = values.length; }
    const scale = w * h / sum, out = [];
    const odd = (a, b, area, side) => area > 0 && b > 0 && side > 0 ? Math.max(side * side * a / (area * area), area * area / (side * side * b)) : 1e18;
    for (let i = 0; i < values.length;) {
      const side = Math.min(w, h), first = values[i] * scale;
      let n = i + 1, area = first;
      for (; n < values.length; n++) {
        const next = area + values[n] * scale;
        if (odd(first, values[n] * scale, next, side) > odd(first, values[n - 1] * scale, area, side)) break;
        area = next;
      }
      const across = w >= h, thick = area / Math.max(side, 1e-9);
      let at = across ? y : x;
      for (; i < n; i++) {
        const long = values[i] * scale / Math.max(thick, 1e-9);
        out.push(across ? [x, at, thick, long] : [at, y, long, thick]);
        at += long;
      }
      if (across) { x += thick; w = Math.max(w - thick, 0); } else { y += thick; h = Math.max(h - thick, 0); }
    }
    return out;
  };

  const place = (el, [x, y, w, h], wide, high) => {
    el.setAttribute("x", 100 * x / wide + "%");
    el.setAttribute("y", 100 * y / high + "%");
    el.setAttribute("width", 100 * w / wide + "%");
    el.setAttribute("height", 100 * h / high + "%");
    el.classList.toggle("small", w < 44 || h < 18);
    el.classList.toggle("flat", h < 34);
  };
  const by = (els, metric) => {
    const key = metric === "objects" ? "o" : "b";
    const all = els.map(el => ({ el, v: Number(el.dataset[key]) })).sort((a, b) => b.v - a.v);
    return [all.map(a => a.el), all.map(a => a.v)];
  };

  for (const figure of document.querySelectorAll("figure.mapped")) {
    const map = figure.querySelector("svg.map"), back = figure.querySelector(".back");
    const boxes = [...map.children].filter(el => el.tagName === "svg");
    const inner = new Map(boxes.map(b => [b, [...b.children].filter(el => el.tagName === "svg")]));
    const months = [...figure.parentElement.querySelectorAll(".chart .month")], top = figure.parentElement.querySelector("[data-top]");
    const bytesTop = top && top.textContent, high = Number(map.getAttribute("height"));
    const sizes = [...map.querySelectorAll(".q")].map(q => ({ q, bytes: q.textContent, objects: Number(q.closest("svg").dataset.o) }));
    const objects = n => n.toLocaleString("en") + (n === 1 ? " object" : " objects");
    let metric = "bytes", zoomed = null;

    const layout = () => {
      const wide = map.getBoundingClientRect().width;
      if (!wide) return;
      const [shown, values] = zoomed ? [[zoomed], [1]] : by(boxes, metric);
      for (const b of boxes) { b.toggleAttribute("hidden", zoomed !== null && b !== zoomed); b.classList.toggle("wide", b === zoomed); }
      squarify(values, 0, 0, wide, high).forEach((r, i) => {
        const b = shown[i], kids = inner.get(b), head = kids.length ? Math.min(18, r[3] / 2) : 0;
        place(b, r, wide, high);
        if (!kids.length) return;
        const [order, sizes] = by(kids, metric);
        squarify(sizes, 0, head, r[2], Math.max(r[3] - head, 0)).forEach((q, k) => place(order[k], q, Math.max(r[2], 1e-9), Math.max(r[3], 1e-9)));
      });
      back.hidden = zoomed === null;
    };
    const heights = () => {
      const key = metric === "objects" ? "o" : "b", most = Math.max(1, ...months.map(m => Number(m.dataset[key])));
      for (const m of months) {
        const h = Math.max(100 * Number(m.dataset[key]) / most, 1);
        m.setAttribute("y", 100 - h + "%");
        m.setAttribute("height", h + "%");
      }
      if (top) top.textContent = metric === "bytes" ? bytesTop : objects(most);
      for (const s of sizes) s.q.textContent = metric === "bytes" ? s.bytes : objects(s.objects);
    };
    const zoom = b => {
      const from = zoomed;
      zoomed = b;
      layout();
      (b || from || map).focus({ preventScroll: true });
    };
    map.setAttribute("role", "group");
    for (const b of boxes) {
      if (!inner.get(b).length) continue;
      b.setAttribute("tabindex", "0");
      b.setAttribute("role", "button");
      b.setAttribute("aria-label", b.querySelector("title").textContent);
      b.addEventListener("click", () => zoom(zoomed === b ? null : b));
      b.addEventListener("keydown", e => {
        if (e.key === "Enter" || e.key === " ") { e.preventDefault(); zoom(zoomed === b ? null : b); }
        if (e.key === "Escape" && zoomed) { e.preventDefault(); zoom(null); }
      });
    }
    back.addEventListener("click", () => zoom(null));
    for (const radio of figure.querySelectorAll("input[type=radio]")) radio.addEventListener("change", () => { metric = radio.value; layout(); heights(); });
    figure.querySelector(".filters").hidden = false;
    const details = figure.closest("details");
    if (details) details.addEventListener("toggle", layout);
    addEventListener("resize", layout);
    layout();
  }
  addEventListener("beforeprint", () => { for (const d of document.querySelectorAll("details.inner")) d.open = true; });
})();
