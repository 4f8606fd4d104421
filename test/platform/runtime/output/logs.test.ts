/** From a function's output to log lines. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LogLine } from "../../../../src/platform/logs/function-logs.ts";
import { LINE_LIMIT, LineSplitter, Tail } from "../../../../src/platform/runtime/output/log-lines.ts";
import { createRedactor } from "../../../../src/redact.ts";
import { encodingsOf } from "../../../../src/value-forms.ts";

import { ask, type Harness, launch, openRuntime } from "../harness.ts";

const redactorOf = (values: Record<string, string>) => createRedactor(new Map(Object.entries(values)));
const redact = (text: string, values: Record<string, string>) => redactorOf(values).redact(text, LINE_LIMIT);

function linesOf(bytes: Uint8Array, cuts: readonly number[], values: Record<string, string> = {}): string[] {
	const lines: string[] = [];
	const splitter = new LineSplitter(redactorOf(values), (line) => lines.push(line));
	let start = 0;
	for (const cut of [...cuts].sort((a, b) => a - b)) {
		splitter.write(bytes.subarray(start, Math.max(start, cut)));
		start = Math.max(start, cut);
	}
	splitter.write(bytes.subarray(start));
	splitter.end();
	return lines;
}

describe("redaction", () => {
	test("replaces every occurrence of a value by its name, the longest value first", () => {
		expect(redact("a=hunter2 b=hunter2-long hunter2hunter2", { A: "hunter2", B: "hunter2-long" })).toBe(
			"a=[A] b=[B] [A][A]",
		);
	});

	test("leaves short values and other text unchanged", () => {
		expect(redact("yes 123 nothing", { A: "yes", B: "123", C: "" })).toBe("yes 123 nothing");
	});

	test("finds values in the encodings of logs, and single lines of a long value", () => {
		const value = 'pa"ss\\word/+ü?';
		const bytes = Buffer.from(value);
		for (const text of [
			value,
			JSON.stringify(value).slice(1, -1),
			encodeURIComponent(value),
			bytes.toString("base64"),
			bytes.toString("base64url"),
			bytes.toString("hex"),
		]) {
			expect(redact(`<${text}>`, { P: value })).toMatch(/^<\[P\]=*>$/);
		}
		const key = "-----BEGIN KEY-----\nMIIEvQIBADANB\r\nfoobarfoobar\n";
		expect(redact("got MIIEvQIBADANB here", { KEY: key })).toBe("got [KEY] here");
		expect(redact("got foobarfoobar here", { KEY: key })).toBe("got [KEY] here");
	});

	test("finds every form that a scan of files finds, and the value's base64 with other text around it", () => {
		const value = `pa"ss\\w\u00f6rd/<+>&'$\u{1f511}?`;
		const { exact, packed } = encodingsOf(value);
		const texts = [...exact, ...packed].filter(([, form]) => form !== "UTF-16");
		expect(new Set(texts.map(([, form]) => form)).size).toBe(8);
		for (const [bytes] of texts) {
			const text = Buffer.from(bytes, "latin1").toString("utf8");
			expect(redact(`<${text}>`, { P: value })).toBe("<[P]>");
		}
		const header = Buffer.from(`user:${value}`).toString("base64");
		expect(redact(header, { P: value })).toMatch(/^dXNlc.{1,2}\[P\].{0,2}=*$/);
	});

	test("compares a limited number of characters of a line that resembles many values, and leaves out the rest", () => {
		const values = Array.from({ length: 300 }, (_, index) => [`N${index}`, `${"a".repeat(1_000 + index)}b`]);
		const redactor = redactorOf(Object.fromEntries(values));
		const line = `begin ${"a".repeat(LINE_LIMIT)}`;
		const shown = redactor.redact(line, LINE_LIMIT);
		expect(redactor.compared).toBeLessThan(520 * 1024);
		expect(shown).toMatch(/^begin a{0,100} … \(cut: it resembles too many of the function's secrets\)$/);
		const honest = redactorOf(Object.fromEntries(values));
		expect(honest.redact(`x ${values[7]?.[1]} y`, LINE_LIMIT)).toBe("x [N7] y");
		expect(honest.redact("nothing of that sort ".repeat(700), LINE_LIMIT)).toBe(
			"nothing of that sort ".repeat(700),
		);
	});

	test("a line takes as long with ten thousand values of one beginning as with one value", () => {
		const values = Array.from({ length: 10_000 }, (_, index) => [`N${index}`, `sk_live_${1e9 + index}`]);
		const redactor = redactorOf(Object.fromEntries(values));
		expect(redactor.redact("got sk_live_1000009999, sk_live_2000000000", LINE_LIMIT)).toBe(
			"got [N9999], sk_live_2000000000",
		);
		expect(redactor.compared).toBeLessThan(200);
	});

	test("no value of four or more characters remains, wherever it is in the text", () => {
		const value = fc.string({ minLength: 4, maxLength: 30 }).filter((text) => !/[\r\n]/.test(text));
		fc.assert(
			fc.property(
				fc.array(value, { minLength: 1, maxLength: 5 }),
				fc.array(fc.string(), { maxLength: 6 }),
				(values, noise) => {
					const names = Object.fromEntries(values.map((item, index) => [`N${index}`, item]));
					const text = noise.map((part, index) => part + (values[index % values.length] ?? "")).join("");
					const left = redact(text, names).replaceAll(/\[N\d\]/g, "\0");
					for (const item of values) if (!item.includes("\0")) expect(left).not.toContain(item);
				},
			),
		);
	});
});

describe("lines", () => {
	test("are the same however the bytes are split, and no part of a value remains", () => {
		const bytes = Buffer.from(
			"first é🔑 line\r\nsecret-value and secret-value\n\nüber lang\nlast without end",
		);
		const expected = ["first é🔑 line", "[S] and [S]", "", "über lang", "last without end"];
		fc.assert(
			fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
				expect(linesOf(bytes, cuts, { S: "secret-value" })).toEqual(expected);
			}),
		);
	});

	test("that are long are cut, and a value across the cut is removed completely", () => {
		const value = "canary-value-of-some-length";
		for (let before = LINE_LIMIT - value.length - 1; before <= LINE_LIMIT + 1; before++) {
			const text = `${"x".repeat(before)}${value}${"y".repeat(1_000)}${value}\nnext\n`;
			const [cut = "", next] = linesOf(Buffer.from(text), [before + 3, before + 9], { S: value });
			expect(cut).not.toContain("canary");
			expect(cut.length).toBeLessThan(LINE_LIMIT + 20);
			expect(cut.endsWith("(cut)")).toBe(true);
			expect(next).toBe("next");
		}
	});

	test("that never end need a limited amount of memory", () => {
		const lines: string[] = [];
		const splitter = new LineSplitter(redactorOf({}), (line) => lines.push(line));
		const chunk = Buffer.alloc(1024 * 1024, "x");
		for (let round = 0; round < 200; round++) splitter.write(chunk);
		splitter.write(Buffer.from("\nnext\n"));
		expect(lines.map((line) => line.length < LINE_LIMIT + 20)).toEqual([true, true]);
	});
});

describe("the last lines", () => {
	test("are kept for the error", () => {
		const tail = new Tail(11);
		for (const line of ["one", "two", "three", "four"]) tail.add(line);
		expect(tail.toString()).toBe("three\nfour");
		tail.add("y".repeat(50));
		expect(tail.toString()).toBe("y".repeat(11));
	});
});

describe("a function's output", () => {
	let harness: Harness;
	beforeAll(async () => {
		harness = await openRuntime();
	});
	afterAll(() => harness.close());

	test("is kept line by line, across versions, redacted, and followed live", async () => {
		const code = `console.log("value", Deno.env.get("TOKEN")); console.error("uh oh"); export default () => { console.log("called"); return new Response("ok"); };`;
		const seen: LogLine[] = [];
		const following = await harness.logs.follow("shop", "pay", { limit: 10 }, (line) => seen.push(line));
		for (const deployment of ["d1", "d2"]) {
			const instance = await harness.runtime.start(launch(code, { TOKEN: "canary-value" }, { deployment }));
			await ask(instance.socketPath);
			await instance.stop();
		}
		following.stop();
		const lines = await harness.lines("pay");
		const of = (level: string) => lines.filter((line) => line.level === level).map(({ message }) => message);
		expect(of("info")).toEqual(["value [TOKEN]", "called", "value [TOKEN]", "called"]);
		expect(of("error")).toEqual(["uh oh", "uh oh"]);
		expect(seen).toEqual(lines);
		expect(lines.every(({ time }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time))).toBe(true);
		await harness.logs.forget("shop", "pay");
		expect(await harness.lines("pay")).toEqual([]);
	});

	test("does not appear in the log of another function", async () => {
		expect(await harness.lines("other")).toEqual([]);
	});
});
