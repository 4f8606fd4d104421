/**
 * Texts of any code points, for properties. `fc.string({ unit: "binary" })` makes them too, but first builds a table of
 * all 1.1 million code points: most of a second of processor time, and 85 MB in each process of the tests.
 * findings/fast-check-binary-strings.sh measures it.
 */
import fc from "fast-check";

const SURROGATES = 0x800;
const FIRST_SURROGATE = 0xd800;
const LAST_CODE_POINT = 0x10_ffff;

const codePoint = fc
	.oneof(
		{ arbitrary: fc.integer({ min: 0, max: 0x7f }), weight: 1 },
		{ arbitrary: fc.integer({ min: 0, max: LAST_CODE_POINT - SURROGATES }), weight: 3 },
	)
	.map((number) => String.fromCodePoint(number < FIRST_SURROGATE ? number : number + SURROGATES));

/** Any text of whole code points. @param lengths in code points */
export function anyText(lengths: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
	return fc.string({ ...lengths, unit: codePoint });
}
