/** Bodies of responses, in pieces of any size, and limited in size. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readBounded, readLines } from "../../../src/sync/client/response.ts";

/** A response whose body comes in these pieces. */
function answer(pieces: readonly Uint8Array[]): Response {
	return new Response(
		new ReadableStream<Uint8Array>({
			start(controller) {
				for (const piece of pieces) controller.enqueue(piece);
				controller.close();
			},
		}),
	);
}

function cutAt(text: string, places: readonly number[]): Uint8Array[] {
	const bytes = new TextEncoder().encode(text);
	const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
	return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece.length > 0);
}

const line = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[\n\ufeff]/.test(text));

test("lines and bodies are read correctly, wherever chunks are cut", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, places) => {
			const text = lines.map((one) => `${one}\n`).join("");
			expect(await readBounded(answer(cutAt(text, places)), 1_000_000)).toBe(text);
			const read: string[] = [];
			for await (const one of readLines(answer(cutAt(text, places)), 1_000_000)) read.push(one);
			expect(read).toEqual(lines);
		}),
	);
});

test("a body with one byte too many is refused, and no further chunk is read", async () => {
	const pieces = [new Uint8Array(60).fill(0x20), new Uint8Array(40).fill(0x20)];
	expect(await readBounded(answer(pieces), 100)).toHaveLength(100);
	await expect(readBounded(answer(pieces), 99)).rejects.toMatchObject({ code: "ANSWER_TOO_LARGE", exit: 6 });
});

test("a last line without a line feed is an incomplete answer", async () => {
	const read: string[] = [];
	const all = (async () => {
		for await (const one of readLines(answer(cutAt('{"a":1}\n{"b"', [])), 100)) read.push(one);
	})();
	await expect(all).rejects.toThrow(TypeError);
	expect(read).toEqual(['{"a":1}']);
});

test("bytes that are not UTF-8 are refused", async () => {
	await expect(readBounded(answer([Uint8Array.of(0xff, 0xfe)]), 100)).rejects.toThrow(TypeError);
});
