/** Style and script of report.html. They stand in the page itself, and its policy allows these two texts and nothing else. */
import { createHash } from 'node:crypto';

export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--mark:#0969da;--pale:#afb8c1}
:root[data-theme=dark]{color-scheme:dark;--bg:#0d1117;--fg:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--good:#3fb950;--bad:#f85149;--warn:#d29922;--mark:#4493f8;--pale:#656c76}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){--bg:#0d1117;--fg:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--good:#3fb950;--bad:#f85149;--warn:#d29922;--mark:#4493f8;--pale:#656c76}}
*{box-sizing:border-box}body{margin:0 auto;padding:1.5rem;max-width:70rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
header{display:flex;gap:1rem;align-items:baseline;flex-wrap:wrap}h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
.badge{padding:.1rem .6rem;border-radius:1rem;border:1px solid currentColor}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.soft{color:var(--soft)}
#theme{margin-left:auto}button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.2rem .6rem;cursor:pointer}
button:focus-visible,summary:focus-visible{outline:2px solid var(--mark);outline-offset:2px}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.75rem;margin:1rem 0}dl div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}th button{border:0;background:none;padding:0;font-weight:600}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.hint{display:block;color:var(--soft)}svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font:11px system-ui,sans-serif}
.area{fill:var(--mark);fill-opacity:.2}.curve{fill:none;stroke:var(--mark);stroke-width:2}.axis{stroke:var(--line)}
.c-good{fill:var(--good)}.c-bad{fill:var(--bad)}.c-warn{fill:var(--warn)}.c-pale{fill:var(--pale)}svg .in{fill:var(--bg);font-size:9px;text-anchor:middle}
.key{display:flex;gap:1rem;flex-wrap:wrap;list-style:none;padding:0;color:var(--soft);font-size:.9rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem}
@media print{#theme{display:none}}
`;

/** Dark or light by a button, tables sorted by their heads. The page says everything without it. */
export const SCRIPT = `
const root=document.documentElement,button=document.getElementById('theme');
button.hidden=false;
button.addEventListener('click',()=>{const now=root.dataset.theme||(matchMedia('(prefers-color-scheme:dark)').matches?'dark':'light');root.dataset.theme=now==='dark'?'light':'dark'});
for(const head of document.querySelectorAll('th[data-sort]')){const sort=document.createElement('button');sort.type='button';sort.textContent=head.textContent;head.replaceChildren(sort);
sort.addEventListener('click',()=>{const table=head.closest('table'),at=head.cellIndex,up=head.getAttribute('aria-sort')!=='ascending';
for(const other of table.tHead.rows[0].cells)other.removeAttribute('aria-sort');head.setAttribute('aria-sort',up?'ascending':'descending');
const value=(row)=>row.cells[at].dataset.value??row.cells[at].textContent;
const rows=[...table.tBodies[0].rows].sort((a,b)=>{const x=value(a),y=value(b);const d=head.dataset.sort==='number'?x-y:x.localeCompare(y);return up?d:-d});table.tBodies[0].append(...rows)})}
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Content Security Policy Level 3: no request of any kind, and no style or script but these. */
export const POLICY = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`;
