/** Spans as text, as nodes send them to each other, and their sums. Pure. */
import * as z from "zod";
import { addTo, CLASSES, emptySlot, SLOTS, type Slot } from "./slot.ts";

const count = z
	.int()
	.min(0)
	.max(2 ** 32 - 1);

/** The spans of one function: the time, three counts, and each class of response times that has any. */
const lineSchema = z.object({
	function: z.string().max(1_000),
	spans: z
		.array(
			z.tuple([
				z.int().min(0),
				count,
				count,
				z.int().min(0),
				z
					.array(
						z.tuple([
							z
								.int()
								.min(0)
								.max(CLASSES - 1),
							count,
						]),
					)
					.max(CLASSES),
			]),
		)
		.max(SLOTS),
});

/** One line of JSON. */
export function formatSpans(name: string, spans: readonly Slot[]): string {
	const line: z.infer<typeof lineSchema> = {
		function: name,
		spans: spans.map(({ atMs, counts, errors, memoryBytes, requests }) => {
			const some = [...counts.entries()].filter(([, found]) => found > 0);
			return [atMs, requests, errors, memoryBytes, some];
		}),
	};
	return `${JSON.stringify(line)}\n`;
}

/** @throws Error if the text is no line of spans */
export function parseSpans(text: string): { readonly name: string; readonly spans: readonly Slot[] } {
	const line = lineSchema.parse(JSON.parse(text));
	const spans = line.spans.map(([atMs, requests, errors, memoryBytes, some]) => {
		const slot = { ...emptySlot(atMs), requests, errors, memoryBytes };
		for (const [index, found] of some) slot.counts[index] = found;
		return slot;
	});
	return { name: line.function, spans };
}

/** Adds the spans of several nodes, by their times. The memory of a sum is the greatest one. */
export function sumSpans(nodes: Iterable<readonly Slot[]>): Slot[] {
	const sums = new Map<number, Slot>();
	for (const spans of nodes) {
		for (const span of spans) {
			const sum = sums.get(span.atMs) ?? emptySlot(span.atMs);
			sums.set(span.atMs, sum);
			addTo(sum, span);
		}
	}
	return [...sums.values()].sort((one, other) => one.atMs - other.atMs);
}
