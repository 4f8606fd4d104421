import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DynamicAccess, Reference } from "../../../src/references/evidence/reference.ts";
import {
	environmentFor,
	type PlannedFunction,
	plan,
	type SecretChange,
} from "../../../src/references/plan/plan.ts";

const reference = (
	name: string,
	file: string,
	line: number,
	how: Reference["how"] = "static",
): Reference => ({
	name,
	file,
	line,
	how,
});
const access = (file: string, line: number): DynamicAccess => ({ file, line, why: "name from a parameter" });

const pay: PlannedFunction = {
	name: "pay",
	references: [
		reference("STRIPE_KEY", "shared/stripe.ts", 9),
		reference("STRIPE_KEY", "functions/pay/index.ts", 12),
		reference("STRIPE_KEY", "functions/pay/index.ts", 3),
		reference("STRIPE_KEY", "functions/pay/index.ts", 3, "observed"),
		reference("DB_URL", "functions/pay/index.ts", 4),
	],
	dynamic: [],
};
const mail: PlannedFunction = {
	name: "mail",
	references: [reference("SMTP", "functions/mail.ts", 1)],
	dynamic: [],
};
const hello: PlannedFunction = { name: "hello", references: [], dynamic: [] };
const tenant: PlannedFunction = {
	name: "api/tenant",
	references: [reference("SMTP", "functions/api/tenant/index.ts", 2)],
	dynamic: [access("functions/api/tenant/index.ts", 31), access("functions/api/tenant/index.ts", 7)],
};
const functions = [pay, mail, hello, tenant];

describe("plan", () => {
	test("the place in the function's own code comes before those in packages, and before reads without a place", () => {
		const sdk = reference("STRIPE_KEY", "npm:stripe@19.1.0/lib.js", 1);
		const module = reference("STRIPE_KEY", "https://esm.sh/stripe@19.1.0", 1);
		const observed = reference("STRIPE_KEY", "", 0, "observed");
		const own = reference("STRIPE_KEY", "supabase/functions/pay/index.ts", 40);
		const reasonsOf = (references: Reference[]) => {
			const charge: PlannedFunction = { name: "charge", references, dynamic: [] };
			const { redeploy } = plan({ changes: [{ name: "STRIPE_KEY", kind: "set" }], functions: [charge] });
			return redeploy.flatMap(({ reasons }) => reasons);
		};
		expect(reasonsOf([observed, module, sdk, own])).toEqual([own, observed]);
		expect(reasonsOf([observed, module, sdk])).toEqual([module, observed]);
	});

	test("redeploys the functions that reference a changed name, with the first place for each kind of evidence", () => {
		expect(plan({ changes: [{ name: "STRIPE_KEY", kind: "set" }], functions: [pay, mail, hello] })).toEqual({
			redeploy: [
				{
					function: "pay",
					reasons: [
						{ name: "STRIPE_KEY", file: "functions/pay/index.ts", line: 3, how: "observed" },
						{ name: "STRIPE_KEY", file: "functions/pay/index.ts", line: 3, how: "static" },
					],
				},
			],
			untouched: ["hello", "mail"],
		});
	});

	test("a deletion counts like a new value", () => {
		const changes: SecretChange[] = [{ name: "SMTP", kind: "deleted" }];
		expect(plan({ changes, functions: [mail, pay] })).toEqual({
			redeploy: [
				{ function: "mail", reasons: [{ name: "SMTP", file: "functions/mail.ts", line: 1, how: "static" }] },
			],
			untouched: ["pay"],
		});
	});

	test("redeploys a dynamic function for every change, because of its first dynamic access", () => {
		const file = "functions/api/tenant/index.ts";
		const changes: SecretChange[] = [
			{ name: "UNKNOWN", kind: "set" },
			{ name: "SMTP", kind: "set" },
		];
		expect(plan({ changes, functions: [tenant, hello] })).toEqual({
			redeploy: [
				{
					function: "api/tenant",
					reasons: [
						{ name: "SMTP", file, line: 2, how: "static" },
						{ name: "SMTP", file, line: 7, how: "dynamic" },
						{ name: "UNKNOWN", file, line: 7, how: "dynamic" },
					],
				},
			],
			untouched: ["hello"],
		});
	});

	test("redeploys nothing without a change, dynamic or not", () => {
		expect(plan({ changes: [], functions })).toEqual({
			redeploy: [],
			untouched: ["api/tenant", "hello", "mail", "pay"],
		});
	});

	test("names are compared exactly, and names of Object's properties are names like any other", () => {
		const odd = { name: "odd", references: [reference("constructor", "a.ts", 1)], dynamic: [] };
		const planned = (name: string) =>
			plan({ changes: [{ name, kind: "set" }], functions: [odd] }).redeploy.length;
		expect(["constructor", "Constructor", "toString", "__proto__"].map(planned)).toEqual([1, 0, 0, 0]);
	});
});

const nameOf = fc.constantFrom("A", "B", "C", "a", "__proto__", "11Labs", "E");
const placeOf = {
	file: fc.constantFrom("x.ts", "y.ts", "npm:p@1.0.0/i.js"),
	line: fc.integer({ min: 1, max: 5 }),
};
const referenceOf = fc.record({
	name: nameOf,
	...placeOf,
	how: fc.constantFrom("static" as const, "observed" as const),
});
const accessOf = fc.record({ ...placeOf, why: fc.constant("whole environment passed on") });
const functionsOf = fc.uniqueArray(
	fc.record({
		name: fc.constantFrom("pay", "mail", "api/billing", "Ä", "z", "hello", "constructor"),
		references: fc.array(referenceOf, { maxLength: 6 }),
		dynamic: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(accessOf, { maxLength: 3 })),
	}),
	{ selector: (planned) => planned.name },
);
const changesOf = fc.array(
	fc.record({ name: nameOf, kind: fc.constantFrom("set" as const, "deleted" as const) }),
);
const inputOf = fc.record({ changes: changesOf, functions: functionsOf });

describe("plan, for any input", () => {
	test("every function is either redeployed or untouched, once, in order", () => {
		fc.assert(
			fc.property(inputOf, (input) => {
				const { redeploy, untouched } = plan(input);
				const planned = redeploy.map((entry) => entry.function);
				expect([...planned, ...untouched].sort()).toEqual(input.functions.map((each) => each.name).sort());
				expect(planned).toEqual(planned.toSorted());
				expect(untouched).toEqual(untouched.toSorted());
			}),
		);
	});

	test("a function is redeployed exactly if it references a changed name or is dynamic", () => {
		fc.assert(
			fc.property(inputOf, ({ changes, functions }) => {
				const { redeploy } = plan({ changes, functions });
				const expected = functions.filter(({ references, dynamic }) =>
					changes.some(({ name }) => dynamic.length > 0 || references.some((each) => each.name === name)),
				);
				expect(redeploy.map((entry) => entry.function)).toEqual(expected.map((each) => each.name).sort());
			}),
		);
	});

	test("every reason is evidence from the input about a changed name, and each comes once", () => {
		fc.assert(
			fc.property(inputOf, ({ changes, functions }) => {
				for (const { function: name, reasons } of plan({ changes, functions }).redeploy) {
					const planned = functions.find((each) => each.name === name) as PlannedFunction;
					for (const reason of reasons) {
						const { file, line } = reason;
						expect(changes.map((change) => change.name)).toContain(reason.name);
						if (reason.how === "dynamic")
							expect(planned.dynamic).toContainEqual(expect.objectContaining({ file, line }));
						else expect(planned.references).toContainEqual(reason);
					}
					expect(new Set(reasons.map((reason) => `${reason.how} ${reason.name}`)).size).toBe(reasons.length);
				}
			}),
		);
	});

	test("the order of the input does not matter, and the input is not altered", () => {
		const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
		const both = inputOf.chain((input) =>
			fc.tuple(
				fc.constant(input),
				shuffled(input.changes),
				shuffled(input.functions).chain((functions) =>
					fc.tuple(
						...functions.map((each) =>
							fc
								.tuple(shuffled(each.references), shuffled(each.dynamic))
								.map(([references, dynamic]) => ({ ...each, references, dynamic })),
						),
					),
				),
			),
		);
		fc.assert(
			fc.property(both, ([input, changes, functions]) => {
				const before = structuredClone(input);
				expect(plan({ changes, functions })).toEqual(plan(input));
				expect(input).toEqual(before);
			}),
		);
	});
});

describe("environmentFor", () => {
	const secrets = new Map([
		["SMTP", 1],
		["DB_URL", 2],
		["__proto__", 3],
	]);

	test("contains what a function references, if it exists", () => {
		expect([...environmentFor(pay, secrets)]).toEqual([["DB_URL", 2]]);
		expect([...environmentFor(mail, secrets)]).toEqual([["SMTP", 1]]);
		expect([...environmentFor(hello, secrets)]).toEqual([]);
	});

	test("contains everything for a dynamic function, in a separate map", () => {
		const environment = environmentFor(tenant, secrets);
		expect([...environment]).toEqual([...secrets]);
		environment.clear();
		expect(secrets.size).toBe(3);
	});

	test("a change of a secret outside a function's environment does not redeploy it, and the other way round", () => {
		fc.assert(
			fc.property(functionsOf, nameOf, (functions, name) => {
				const { redeploy } = plan({ changes: [{ name, kind: "set" }], functions });
				const holders = functions.filter((each) => environmentFor(each, new Map([[name, "v"]])).has(name));
				expect(redeploy.map((entry) => entry.function)).toEqual(holders.map((each) => each.name).sort());
			}),
		);
	});
});
