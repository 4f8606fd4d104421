/** The forms in which a leaked value can appear. */

/** All encodings of a value. Base64 is listed for each of the three alignments in a longer text. */
export function formsOf(value: string): string[] {
	const bytes = Buffer.from(value);
	const base64 = [0, 1, 2].map((shift) => {
		const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
		return text.slice(shift === 0 ? 0 : 4, -4);
	});
	return [
		value,
		value.slice(-12),
		encodeURIComponent(value),
		[...value].reverse().join(""),
		bytes.toString("hex"),
		bytes.toString("hex").toUpperCase(),
		...base64,
		...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
		JSON.stringify(value).slice(1, -1),
	];
}
