/**
 * A worker has a realm of its own, which the host does not prepare. Code in a worker inside a worker gets no more than
 * the function. The other files show that the probes work without isolation.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROCESSES, READS, WRITES } from "../probes/files.ts";
import { INTERFACES, waysTo } from "../probes/network.ts";
import { PERMISSIONS, POWERS } from "../probes/powers.ts";
import { EVALUATOR_IN_WORKERS } from "./evaluator.ts";
import { CANARY, type Hostile, openHostile, REFUSAL } from "./hostile.ts";

/** The texts of refusals, and those of what workers do not have. */
const REFUSED = new RegExp(`${REFUSAL.source}|A worker cannot serve|Deno\\.openKv is not a function`);

let hostile: Hostile;
beforeAll(async () => {
	hostile = await openHostile({}, EVALUATOR_IN_WORKERS);
});
afterAll(() => hostile.close());

test("a worker inside a worker runs the probes", async () => {
	expect(
		await hostile.probe(`return [typeof WorkerGlobalScope, typeof Deno.serve, Deno.env.get("OWN")]`),
	).toEqual({
		result: "function,function,own-value",
	});
});

describe.each([
	["reading files of others", READS],
	["writing files of others", WRITES],
	["signalling processes", PROCESSES],
	["starting programs and native code", POWERS],
	["connections and listeners", Object.values(INTERFACES)],
	["this machine", [...waysTo("127.0.0.1"), ...waysTo("[::1]"), ...waysTo("localhost")]],
	["metadata services", waysTo("169.254.169.254")],
] as const)("a worker inside a worker is refused: %s", (_, probes) => {
	test.each(probes)("%s", async (code) => {
		const { result, error } = await hostile.probe(code);
		expect(result).toBeUndefined();
		expect(error).toMatch(REFUSED);
	});
});

test.each(PERMISSIONS)(
	"a worker inside a worker that requests the permission %s does not get it",
	async (name) => {
		const asked = `return Deno.permissions.request({ ${name} }).then(({ state }) => state)`;
		expect((await hostile.probe(asked)).result).toMatch(/^(denied|prompt)$/);
	},
);

test("a worker inside a worker sees only the environment of its function", async () => {
	const { result } = await hostile.probe(`return JSON.stringify([Deno.env.toObject(), process.env])`);
	expect(Object.keys(JSON.parse(result ?? "")[0]).sort()).toEqual(["NODE_ENV", "OWN", "TMPDIR"]);
	expect(result).not.toContain(CANARY);
});
