/** The text of `secrets edit`, and the changes that are read from it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { editText, readEdited, withError, withoutError } from "../../../src/cli/editor/text.ts";
import { refusal } from "../../support/refusal.ts";
import { nastyName, nastyValue } from "../../support/values/nasty-values.ts";

test("a text that is not changed has no changes, whatever the values", () => {
	const secrets = fc.dictionary(nastyName(), nastyValue(), { maxKeys: 6, noNullPrototype: true });
	fc.assert(
		fc.property(secrets, (values) => {
			const before = editText(new Map(Object.entries(values)), "production");
			expect(readEdited(before.text, before)).toEqual({ set: new Map(), deleted: [] });
		}),
		{ numRuns: 1_000 },
	);
});

test("changed, new and deleted lines are read", () => {
	const before = editText(new Map(Object.entries({ A: "1", B: "2", C: "3" })), "production");
	const edited = before.text.replace("A=1", "A='new one'").replace("B=2\n", "").concat("D=4\n");
	expect(readEdited(edited, before)).toEqual({
		set: new Map([
			["A", "new one"],
			["D", "4"],
		]),
		deleted: ["B"],
	});
});

test("a secret whose value no line can have is named, and is not deleted", () => {
	const before = editText(new Map([["ODD", "'\"`"]]), "production");
	expect(before.left).toEqual(["ODD"]);
	expect(before.text).toMatch(/^# ODD is not shown/m);
	expect(readEdited(before.text, before)).toEqual({ set: new Map(), deleted: [] });
});

test("an error is a comment at the top, which counts its own lines, and is removed again", () => {
	const before = editText(new Map([["A", "1"]]), "production");
	const edited = before.text.replace("A=1", "A='1");
	const error = refusal(() => readEdited(edited, before));
	expect(error.line).toBe(4);
	const again = withError(edited, error);
	const shown = again.split("\n");
	const line = Number(/line (\d+)/.exec(again)?.[1]);
	expect(shown[line - 1]).toBe("A='1");
	expect(shown[0]).toMatch(/^#! .*never closed/);
	expect(withoutError(again)).toBe(edited);
});
