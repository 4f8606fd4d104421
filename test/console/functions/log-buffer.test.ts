import { expect, test } from "vitest";
import { LOG_MAX, LogBuffer } from "../../../src/console/functions/log-buffer.ts";

const entry = (position: number, name = "pay") => ({
	type: "entry" as const,
	entry: { function: name, time: "", position: String(position).padStart(9, "0") },
});

test("entries that a new connection repeats are kept once, for each function by itself", () => {
	const buffer = new LogBuffer();
	for (const message of [entry(1), entry(3), entry(2, "mail"), entry(1), entry(3), entry(4)])
		buffer.take(message);
	expect(buffer.state.entries.map((each) => Number(each.position))).toEqual([1, 3, 2, 4]);
});

test("positions of several nodes are not compared, and a new connection continues after each of them", () => {
	const buffer = new LogBuffer();
	const of = (node: string, position: number) => {
		const { entry: one } = entry(position);
		return { type: "entry" as const, entry: { ...one, node } };
	};
	for (const message of [of("a", 5), of("b", 2), of("a", 5), of("b", 3)]) buffer.take(message);
	expect(buffer.state.entries.map((each) => Number(each.position))).toEqual([5, 2, 3]);
	const positions = [
		{ node: "a", position: "5" },
		{ node: "b", position: "3" },
	];
	buffer.take({ type: "ping", positions });
	buffer.take({ type: "nodes", nodes: [{ node: "a", missing: null }] });
	expect(buffer.state).toMatchObject({ after: ["a:5", "b:3"], nodes: [{ node: "a", missing: null }] });
});

test("entries of earlier versions, which have no position, are all kept", () => {
	const buffer = new LogBuffer();
	for (const time of ["1", "1"]) buffer.take({ type: "entry", entry: { function: "pay", time } });
	expect(buffer.state.entries).toHaveLength(2);
});

test("a new connection continues after the last ping, and what was left out is counted", () => {
	const buffer = new LogBuffer();
	expect(buffer.state).toMatchObject({ isCaughtUp: false, after: [] });
	buffer.take({ type: "ping", position: "a" });
	buffer.take({ type: "ping" });
	buffer.take({ type: "dropped", lines: 3 });
	buffer.take({ type: "dropped", lines: 4 });
	buffer.take({ type: "problem", problem: {} } as never);
	expect(buffer.state).toMatchObject({ isCaughtUp: true, after: ["a"], dropped: 7 });
});

test("only the newest entries are kept", () => {
	const buffer = new LogBuffer();
	for (let position = 0; position < LOG_MAX * 3; position++) buffer.take(entry(position));
	const { entries } = buffer.state;
	expect(entries.length).toBeLessThanOrEqual(LOG_MAX * 1.2);
	expect(Number(entries.at(-1)?.position)).toBe(LOG_MAX * 3 - 1);
});
