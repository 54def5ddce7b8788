/** The page's style sheet. Colours of variants are those of Okabe and Ito, lighter in the dark. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2127;--soft:#5a6470;--line:#d9dee4;--page:#fff;--card:#f6f7f9;--link:#0b62a8;
--s0:#0072b2;--s1:#c4550a;--s2:#00805d;--s3:#a8457e;--s4:#8a6a00;--s5:#2a8fc4;--s6:#444c55;--s7:#7a4fc0}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#a0aab5;--line:#363d46;--page:#14171b;--card:#1c2026;--link:#7cc0f5;
--s0:#56b4e9;--s1:#f0904a;--s2:#2fc79a;--s3:#e08bbd;--s4:#e6c229;--s5:#9ad7ff;--s6:#b8c0c8;--s7:#b79cf0}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
header,main{max-width:60rem;margin:0 auto;padding:0 1rem}
header{padding-top:2rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.6rem 0 .8rem;padding-top:.8rem;border-top:1px solid var(--line)}
p{margin:.5rem 0}.soft,figcaption,caption{color:var(--soft)}
nav ul,.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:0;margin:.6rem 0}
a{color:var(--link)}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--page);padding:.3rem .6rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
figure{margin:1.4rem 0 .2rem}figcaption,caption{font-size:.95rem;text-align:left;padding-bottom:.3rem;overflow-wrap:anywhere}
figcaption::first-letter,caption::first-letter{text-transform:uppercase}
svg{display:block;max-width:100%;height:auto;overflow:visible;font-size:12px}
.wide svg{width:100%}.narrow{display:none}
.legend,td,th,li{font-size:.92rem}.legend li{display:flex;align-items:center;gap:.45rem;overflow-wrap:anywhere}
.legend svg,th svg{display:inline-block;flex:none;vertical-align:middle;width:30px;max-width:none;margin-right:.2rem}
.scroll{overflow-x:auto;margin:.8rem 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .9rem .4rem 0;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:top}
thead th{color:var(--soft);font-weight:500}tbody th{font-weight:500}
summary{cursor:pointer;color:var(--soft);font-size:.92rem;padding:.2rem 0;overflow-wrap:anywhere}
pre{background:var(--card);padding:.8rem;overflow:auto;max-height:26rem;font-size:.82rem;border-radius:6px}
img{max-width:100%;height:auto;display:block;border-radius:4px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
footer{max-width:60rem;margin:3rem auto 2rem;padding:0 1rem;color:var(--soft);font-size:.85rem}
@media (max-width:700px){.wide{display:none}.narrow{display:block}svg{font-size:11px}h1{font-size:1.4rem}}
@media print{:root{--ink:#000;--soft:#333;--page:#fff;--card:#fff}nav,.skip,details:not([open]){display:none}
figure,tr{break-inside:avoid}h2{break-after:avoid}.scroll,pre{overflow:visible;max-height:none}th,td{white-space:normal}}
`;
