// src/companion.ts
var e = 45e3, t = "idzconvid";
function n(e, t) {
	let n = Object.entries(e).filter(([, e]) => typeof e == "function");
	console.info(`methods: ${n.map(([e]) => `${e}()`).join(" ")}
properties, for get() and set(), each with an event <property>Change for on() and off(): ${t.join(" ")}
events: authentication:success authentication:failure authentication:expired authentication:logout
example: iAdvize.activate(async () => ({ authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() } }))`);
}
var r = !1;
function i(e, t) {
	r || (r = !0, t.customButtons && o(e, t.customButtons), Array.isArray(t.crossDomains) && s(e, t.crossDomains.map(String)));
}
function a(e) {
	return typeof e != "string" || e === "" ? [] : [...document.querySelectorAll(e)];
}
function o(e, { online: t, busy: n, offline: r }) {
	let i = () => {
		let i = e.get("chatbox:status"), o = i !== "HIDDEN";
		for (let [s, c] of [
			[t, o],
			[n, !1],
			[r, !o]
		]) for (let n of a(s)) c ? n.style.removeProperty("display") : n.style.setProperty("display", "none"), c && getComputedStyle(n).display === "none" && n.style.setProperty("display", "inline-block"), n.dataset.idzChatboxStatus = i === "OPENED" ? "OPEN" : "REDUCED", s === t && (n.dataset.idzConversationStatus = e.get("conversation:id") === null ? "NOT_ONGOING" : "ONGOING", n.dataset.idzUnreadMessageCount = String(e.get("conversation:unreadCount")));
	};
	for (let t of [
		"chatbox:status",
		"conversation:id",
		"conversation:unreadCount"
	]) e.on(`${t}Change`, i);
	let o = !1;
	new MutationObserver(() => {
		o || (o = !0, requestAnimationFrame(() => {
			o = !1, i();
		}));
	}).observe(document.documentElement, {
		childList: !0,
		subtree: !0
	}), document.addEventListener("click", ({ target: n }) => {
		n instanceof Element && a(t).some((e) => e.contains(n)) && e.openChatbox();
	}), i();
}
function s(n, r) {
	let i = /* @__PURE__ */ new Map(), a = /* @__PURE__ */ new Set(), o = ({ target: e }) => {
		let t = e instanceof Element ? e.closest("a[href]") : null;
		return t && r.includes(t.origin) && t.origin !== location.origin ? t : null;
	}, s = (t) => {
		let r = o(t)?.origin;
		!r || a.has(r) || Date.now() - (i.get(r)?.at ?? 0) < e || (a.add(r), n.handOver(r).then((e) => {
			a.delete(r), i.set(r, {
				code: e,
				at: Date.now()
			});
		}));
	}, c = (n) => {
		let r = o(n);
		if (!r) return;
		let a = i.get(r.origin), s = new URL(r.href);
		s.searchParams.delete(t), a?.code && Date.now() - a.at < e && s.searchParams.set(t, a.code), i.delete(r.origin), r.href = s.href;
	};
	for (let e of [
		"pointerover",
		"focusin",
		"touchstart"
	]) document.addEventListener(e, s, {
		capture: !0,
		passive: !0
	});
	for (let e of ["click", "auxclick"]) document.addEventListener(e, c, { capture: !0 });
}
export { i as accompany, n as printHelp };
