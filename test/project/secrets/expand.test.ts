/** References between secrets. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { expandReferences } from "../../../src/project/secrets/expand.ts";
import { refusal } from "../../support/refusal.ts";

const all = (values: Record<string, string>) => new Map(Object.entries(values));

test("a reference stands for the value, also through others, and $$ for the text itself", () => {
	const secrets = all({
		URL: `pg://\${USER}:\${PASSWORD}@\${HOST}/`,
		HOST: `\${REGION}.db`,
		REGION: "eu",
		USER: "u",
		PASSWORD: "$& $1 p",
		TEXT: `$\${USER} $USER \${} \${A-B}`,
	});
	const { used, values } = expandReferences(secrets, ["URL", "TEXT", "USER"]);
	expect([...values]).toEqual([
		["URL", "pg://u:$& $1 p@eu.db/"],
		["TEXT", `\${USER} $USER \${} \${A-B}`],
		["USER", "u"],
	]);
	expect([...used].sort()).toEqual(["HOST", "PASSWORD", "REGION"]);
});

test("a circle, a missing name and a large value are errors that name the chain and no value", () => {
	const secrets = all({ A: `x\${B}`, B: `\${C}`, C: `\${A}`, D: `\${E}`, E: `\${NONE}`, S: `\${S}` });
	expect(refusal(() => expandReferences(secrets, ["A"]))).toMatchObject({ code: "REFERENCE_CYCLE", exit: 2 });
	expect(refusal(() => expandReferences(secrets, ["A"])).message).toContain("A → B → C → A");
	expect(refusal(() => expandReferences(secrets, ["S"])).message).toContain("S → S");
	expect(refusal(() => expandReferences(secrets, ["D"])).message).toContain("D → E → NONE");
	const doubled = Object.fromEntries(
		Array.from({ length: 40 }, (_, at) => [`N${at}`, at === 39 ? "xx" : `\${N${at + 1}}\${N${at + 1}}`]),
	);
	expect(refusal(() => expandReferences(all(doubled), ["N0"])).code).toBe("REFERENCE_TOO_LARGE");
});

test("values without references do not change", () => {
	fc.assert(
		fc.property(fc.string(), (value) => {
			fc.pre(!value.includes("${"));
			expect(expandReferences(all({ A: value }), ["A"]).values.get("A")).toBe(value);
		}),
	);
});
