// Adds to finished pages: names to choose from in the search box, a tip on the map, and the row of
// an area lit with the area (and back). Nothing here is needed to read or to reach a figure.
(function () {
  'use strict';
  var box = document.getElementById('q');
  if (!box || !box.hasAttribute('data-names') || document.getElementById('nama-wilayah')) return;
  box.addEventListener('focus', function () {
    var script = document.createElement('script');
    script.src = box.getAttribute('data-names');
    document.head.appendChild(script);
  }, { once: true });
}());
(function () {
  'use strict';
  var map = document.querySelector('[data-map] .map-box');
  if (!map) return;
  var rows = {}, areas = {};
  document.querySelectorAll('[data-table] tr[data-code]').forEach(function (row) {
    rows[row.getAttribute('data-code')] = row;
  });
  map.querySelectorAll('[data-code]').forEach(function (path) {
    areas[path.getAttribute('data-code')] = path.parentNode;
  });
  var tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  tip.setAttribute('aria-hidden', 'true');
  map.appendChild(tip);

  function light(code, on) {
    if (rows[code]) rows[code].classList.toggle('is-hovered', on);
    if (areas[code]) areas[code].classList.toggle('is-hovered', on);
  }
  function place(x, y) {
    var box = map.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x - box.left + 14, box.width - tip.offsetWidth - 4)) + 'px';
    tip.style.top = Math.max(4, Math.min(y - box.top + 14, box.height - tip.offsetHeight - 4)) + 'px';
  }
  function tell(area, x, y) {
    tip.textContent = area.getAttribute('aria-label') || '';
    tip.hidden = !tip.textContent;
    if (!tip.hidden) place(x, y);
  }
  Object.keys(areas).forEach(function (code) {
    var area = areas[code];
    // The browser's own tip would come second and cover ours.
    var title = area.querySelector('title');
    if (title && area.hasAttribute('aria-label')) title.remove();
    area.addEventListener('mouseenter', function (e) { light(code, true); tell(area, e.clientX, e.clientY); });
    area.addEventListener('mousemove', function (e) { place(e.clientX, e.clientY); });
    area.addEventListener('mouseleave', function () { light(code, false); tip.hidden = true; });
    area.addEventListener('focus', function () {
      var box = area.getBoundingClientRect();
      light(code, true);
      tell(area, box.left + box.width / 2, box.top + box.height / 2);
    });
    area.addEventListener('blur', function () { light(code, false); tip.hidden = true; });
  });
  Object.keys(rows).forEach(function (code) {
    rows[code].addEventListener('mouseenter', function () { light(code, true); });
    rows[code].addEventListener('mouseleave', function () { light(code, false); });
    rows[code].addEventListener('focusin', function () { light(code, true); });
    rows[code].addEventListener('focusout', function () { light(code, false); });
  });
  document.addEventListener('keydown', function (e) { if (e.key === 'Escape') tip.hidden = true; });
}());
