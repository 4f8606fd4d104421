/** What a node writes to show itself. */
import { expect, test } from "vitest";
import { randomBytes } from "../../../src/crypto.ts";
import { SYSTEM_CLOCK } from "../../../src/platform/machine/clock.ts";
import { type NodeInfo, parseNode } from "../../../src/platform/nodes/announcement.ts";
import { Presence } from "../../../src/platform/nodes/presence.ts";
import type { SharedStore } from "../../../src/platform/store/several-nodes.ts";

const DESCRIBED = {
	...{ version: "1", control: "", address: "", ticket: "", startedAtMs: 0, platformRevision: 0 },
	...{ functions: { live: 0, idle: 0, failed: 0 }, trying: [] },
};

/** A node, and the calls of the store with which it shows itself. */
function shownNode() {
	const key = randomBytes(32);
	const written: string[] = [];
	let isShown = true;
	let last: NodeInfo | undefined;
	const write = (call: string, name: string, text: string) => {
		written.push(`${call} ${name.split("/")[0]}`);
		if (name.startsWith("nodes/")) last = parseNode(text, key);
	};
	const store = {
		announce: async (name: string, text: string) => write("announce", name, text),
		replaceAnnouncement: async (name: string, text: string) => {
			if (isShown) write("replace", name, text);
			return isShown;
		},
		withdraw: async () => undefined,
		async *announcements() {},
	};
	const presence = new Presence({
		...{ node: "a", key, staleAfterMs: 60_000, clock: { ...SYSTEM_CLOCK, schedule: () => () => {} } },
		store: store as unknown as SharedStore,
		describe: () => DESCRIBED,
		fault: () => undefined,
		...{ onError: () => {}, onServing: () => {}, onRenewed: () => {}, onNodes: () => {} },
	});
	return {
		presence,
		shown: () => last,
		expire: () => {
			isShown = false;
		},
		written: () => written.splice(0),
	};
}

test("a step is one write, and the same step again is none", async () => {
	const { presence, shown, written } = shownNode();
	await presence.start();
	expect(written()).toEqual(["announce nodes", "announce serving"]);
	const progress = { app: "shop", revision: 3, failed: ["one"] };
	await presence.report(progress);
	expect(written()).toEqual(["replace nodes"]);
	expect(shown()?.progress).toEqual([progress]);
	await presence.report({ ...progress });
	expect(written()).toEqual([]);
	await presence.report({ ...progress, failed: [] });
	expect(written()).toEqual(["replace nodes"]);
	await presence.close();
});

test("a node whose text has ended shows itself anew with the next step", async () => {
	const { expire, presence, shown, written } = shownNode();
	await presence.start();
	written();
	expire();
	const progress = { app: "shop", revision: 3, failed: [] };
	await presence.report(progress);
	expect(written()).toEqual(["announce nodes", "announce serving"]);
	expect(shown()?.progress).toEqual([progress]);
	await presence.close();
});
