import fc from "fast-check";
import { expect, test } from "vitest";
import { readStdinValue } from "../../../src/cli/shell/stdin.ts";

const KIB_64 = 65_536;

/** A stream that delivers the bytes in the given pieces. */
async function* stream(...pieces: readonly (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
	for (const piece of pieces) yield Buffer.from(piece);
}

test("every byte arrives, whatever the pieces", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.uint8Array()), async (pieces) => {
			const whole = Buffer.concat([...pieces, Buffer.from("end")]);
			const { bytes, newlineDropped } = await readStdinValue("Give one.", stream(...pieces, "end"));
			expect(Buffer.from(bytes)).toEqual(whole);
			expect(newlineDropped).toBe(false);
		}),
	);
});

test.each([
	["value\n", "value", true],
	["value\r\n", "value", true],
	["value\n\n", "value\n", true],
	["value\r", "value\r", false],
])("%j gives the value %j", async (input, value, dropped) => {
	const { bytes, newlineDropped } = await readStdinValue("Give one.", stream(input));
	expect([Buffer.from(bytes).toString(), newlineDropped]).toEqual([value, dropped]);
});

test.each(["", "\n", "\r\n"])("%j is refused as empty, with a hint", async (input) => {
	await expect(readStdinValue("Give one.", stream(input))).rejects.toMatchObject({
		code: "STDIN_EMPTY",
		hint: "Give one.",
		exit: 2,
	});
});

test("a newline that is split from its carriage return is removed with it", async () => {
	const { bytes } = await readStdinValue("Give one.", stream("value\r", "\n"));
	expect(Buffer.from(bytes).toString()).toBe("value");
});

test.each([
	["exactly", "x".repeat(KIB_64)],
	["with a newline", `${"x".repeat(KIB_64)}\n`],
	["with a Windows newline", `${"x".repeat(KIB_64)}\r\n`],
])("64 KiB are accepted (%s)", async (_, input) => {
	expect((await readStdinValue("Give one.", stream(input))).bytes.length).toBe(KIB_64);
});

test.each([
	["one more", "x".repeat(KIB_64 + 1)],
	["two newlines", `${"x".repeat(KIB_64)}\n\n`],
])("more than 64 KiB are refused (%s)", async (_, input) => {
	await expect(readStdinValue("Give one.", stream(input))).rejects.toMatchObject({
		code: "STDIN_TOO_LARGE",
		exit: 2,
	});
});

test("reading an endless stream stops at the limit", async () => {
	let pieces = 0;
	async function* endless() {
		for (;;) {
			pieces++;
			yield new Uint8Array(1024);
		}
	}
	await expect(readStdinValue("Give one.", endless())).rejects.toMatchObject({ code: "STDIN_TOO_LARGE" });
	expect(pieces).toBeLessThan(70);
});
