/** Compares the log that a platform sends with what the device knows. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyHead, type LogEntry, nextHead } from "../../../src/protocol/change.ts";
import { followLog, recordsOf } from "../../../src/sync/log/check-log.ts";
import { verifyChains } from "../../../src/vault/document/document.ts";
import { ENVIRONMENT, newTestIdentity, TestVault } from "../../platform/fixtures/vault.ts";

const APP = "shop";
const vault = new TestVault();
const context = vault.context(APP);
const start = emptyHead(context);
const { state } = verifyChains(vault.document, ENVIRONMENT);

/** A log of changes to A and B in turns. Each is based on the one before. */
function makeLog(length: number): LogEntry[] {
	const entries: LogEntry[] = [];
	for (let index = 0; index < length; index++) {
		const base = entries.at(-1) ?? start;
		const record = vault.record(index % 2 === 0 ? "A" : "B", 1 + Math.floor(index / 2), `value ${index}`);
		const change = vault.change(APP, { revision: base.revision, head: base.head }, [record]);
		entries.push({ ...nextHead(base, change), change });
	}
	return entries;
}

const log = makeLog(6);
const end = log.at(-1) as LogEntry;

describe("following a log", () => {
	test("from any of its heads to its end", () => {
		for (let from = 0; from <= log.length; from++) {
			const head = from === 0 ? start : (log[from - 1] as LogEntry);
			const reached = followLog({ revision: head.revision, head: head.head }, log.slice(from), end);
			expect(reached).toEqual({ revision: 6, head: end.head });
		}
	});

	test("any selection of entries except all of them in order is refused", () => {
		const picks = fc.array(fc.nat({ max: log.length - 1 }), { maxLength: 8 });
		fc.assert(
			fc.property(picks, (indices) => {
				fc.pre(indices.join() !== log.map((_, index) => index).join());
				const entries = indices.map((index) => log[index] as LogEntry);
				expect(() => followLog(start, entries, end)).toThrow(
					expect.objectContaining({ code: "LOG_FORKED", exit: 7 }),
				);
			}),
		);
	});

	test("a change of any part that the head covers is refused", () => {
		const parts = ["operation", "author", "signature"] as const;
		for (const [at, entry] of log.entries()) {
			for (const part of parts) {
				const text = entry.change[part];
				const other = { ...entry.change, [part]: (text.startsWith("A") ? "B" : "A") + text.slice(1) };
				const entries = log.with(at, { ...entry, change: other });
				expect(() => followLog(start, entries, end)).toThrow(expect.objectContaining({ exit: 7 }));
			}
		}
	});
});

test("an entry that a writer and a platform insert together does not match what later senders signed", () => {
	const [first, ...rest] = log as [LogEntry, ...LogEntry[]];
	const planted = vault.change(APP, first, [vault.record("PLANTED", 1, "x")]);
	const entries: LogEntry[] = [first];
	for (const change of [planted, ...rest.map((entry) => entry.change)])
		entries.push({ ...nextHead(entries.at(-1) ?? start, change), change });
	const claimed = entries.at(-1) as LogEntry;
	expect(() => followLog(start, entries, claimed)).toThrow(expect.objectContaining({ code: "LOG_FORKED" }));
	const known = new Map<number, string>();
	const page = entries.slice(0, 2);
	const reached = followLog(start, page, page.at(-1) as LogEntry, known);
	expect(() => followLog(reached, entries.slice(2), claimed, known)).toThrow(/saw another revision/);
});

describe("the records of a log", () => {
	test("the latest of each name", () => {
		const records = recordsOf(context, log, state);
		expect([...records].map(([name, { version }]) => [name, version])).toEqual([
			["A", 3],
			["B", 3],
		]);
	});

	test("records that differ from the signed operation are refused although the heads match", () => {
		const [first, second] = log as [LogEntry, LogEntry];
		const swapped = { ...first, change: { ...first.change, records: second.change.records } };
		expect(followLog(start, [swapped], first)).toEqual({ revision: 1, head: first.head });
		expect(() => recordsOf(context, [swapped], state)).toThrow(expect.objectContaining({ exit: 7 }));
	});

	test("a stranger's change is refused although its own signature is valid", () => {
		const stranger = new TestVault(newTestIdentity());
		const change = stranger.change(APP, start, [stranger.record("A", 1, "forged")]);
		const entry = { ...nextHead(start, change), change };
		expect(() => recordsOf(stranger.context(APP), [entry], state)).toThrow(
			expect.objectContaining({ code: "LOG_FORKED", exit: 7 }),
		);
	});

	test("a change for another app is refused", () => {
		const change = vault.change("other", emptyHead(vault.context("other")), [vault.record("A", 1, "x")]);
		const entry = { ...nextHead(start, change), change };
		expect(() => recordsOf(context, [entry], state)).toThrow(expect.objectContaining({ exit: 7 }));
	});
});
