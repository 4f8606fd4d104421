/** Automations, as the requests of the Base44 CLI send and fetch them. */
import { describe, expect, test } from "vitest";
import { APP, api, ORIGIN, platform, useApi } from "../api-fixture.ts";

useApi();

const BASE = `/api/apps/${APP}/backend-functions`;

async function call(path: string, method: string, body?: object): Promise<{ status: number; body: unknown }> {
	const { token } = await platform.core.tokens.create({ scopes: ["base44"], app: APP }, platform.clock.now());
	const headers = { api_key: token, "content-type": "application/json" };
	const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
	const response = await api(new Request(ORIGIN + BASE + path, init));
	return { status: response.status, body: await response.json() };
}

const put = (automations: unknown) =>
	call("/timed", "PUT", {
		entry: "entry.ts",
		files: [{ path: "entry.ts", content: "export default () => new Response('ok');" }],
		automations,
	});

const nightly = {
	name: "nightly",
	type: "scheduled",
	schedule_mode: "recurring",
	schedule_type: "cron",
	cron_expression: "0 3 * * *",
	function_args: { full: true },
	is_active: true,
};

describe("the automations of a deployment", () => {
	test("are stored, returned unchanged, and run at their time", async () => {
		const created = {
			name: "created",
			type: "entity",
			entity_name: "Order",
			event_types: ["create"],
			extra: [1],
		};
		platform.core.automations.start({ host: "127.0.0.1", timeoutMs: 1_000 });
		expect(await put([nightly, created])).toMatchObject({ status: 200, body: { status: "deployed" } });
		expect(await put([nightly, created])).toMatchObject({ status: 200, body: { status: "unchanged" } });
		const { body } = await call("", "GET");
		expect(body).toMatchObject({
			functions: expect.arrayContaining([expect.objectContaining({ name: "timed" })]),
		});
		const { functions } = body as { functions: { name: string; automations: unknown }[] };
		expect(functions.find(({ name }) => name === "timed")?.automations).toEqual([nightly, created]);
		const [scheduled, entity] = platform.core.automations.of(APP, "timed");
		expect(new Date(scheduled?.nextMs ?? 0).toISOString()).toMatch(/T03:00:00.000Z$/);
		expect(entity?.nextMs).toBeUndefined();
	});

	test.each([
		["no kind", [{ name: "a" }], '"type" must be'],
		["no name", [{ type: "scheduled" }], '"name" must be'],
		["two of a name", [nightly, nightly], "another automation has the same name"],
		["a day that never comes", [{ ...nightly, cron_expression: "0 0 30 2 *" }], "does not exist"],
		[
			"too many",
			Array.from({ length: 101 }, (_, index) => ({ ...nightly, name: `n${index}` })),
			"more than 100",
		],
		["another form", { nightly }, "automations"],
	])("with %s: answers 400 with the reason, and deploys nothing", async (_what, automations, why) => {
		await put([nightly]);
		const { status, body } = await put(automations);
		expect({ status, body }).toMatchObject({ status: 400, body: { message: expect.stringContaining(why) } });
		expect(platform.core.automations.of(APP, "timed")).toHaveLength(1);
	});
});
