/** Texts that look like sources, for benchmarks that search files. */

/** Numbers that are the same in every run. */
export function* numbers(seed: number): Generator<number, never> {
	for (let state = seed; ; ) {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		yield state;
	}
}

/** A file of lines that look like code, different for each index. @param bytes its least size */
export function sourceText(index: number, bytes: number): string {
	const random = numbers(index);
	let text = "";
	while (text.length < bytes) {
		const [a, b] = [random.next().value, random.next().value];
		text += `${"\t".repeat(a % 4)}const value${a % 1_000} = compute(input${b % 100}, "${b.toString(36)}");\n`;
	}
	return text;
}
