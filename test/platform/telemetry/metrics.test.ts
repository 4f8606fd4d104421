/** The platform's metrics, as Prometheus reads them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGateway, type Gateway } from "../../../src/platform/gateway/gateway.ts";
import { type FunctionSample, Metrics } from "../../../src/platform/telemetry/metrics.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { APP, client, platform, useApi, vault } from "../api/api-fixture.ts";

useApi();

const PAY = { app: "shop", function: "pay" };

function metricsOf(functions: FunctionSample[] = []): Metrics {
	return new Metrics({
		version: "1.2.3",
		functions: () => functions,
		residentBytes: (pid) => pid * 1000,
	});
}

/** The samples of Coffer's own metrics: `name{labels}` → value. */
function samplesOf(text: string): Map<string, number> {
	const lines = text.split("\n").filter((line) => line.startsWith("coffer_"));
	return new Map(
		lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
	);
}

describe("metrics", () => {
	test("count requests, starts and redeploys by function", async () => {
		const metrics = metricsOf();
		metrics.answered(PAY, { status: 200, ms: 3 });
		metrics.answered(PAY, { status: 204, ms: 30 });
		metrics.answered(PAY, { status: 504, ms: 3_000 });
		metrics.started(PAY, 40);
		metrics.started(PAY, undefined);
		metrics.redeployed(PAY, "live");
		const { contentType, text } = await metrics.text();
		expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
		const samples = samplesOf(text);
		expect(samples.get('coffer_requests_total{app="shop",function="pay",status="2xx"}')).toBe(2);
		expect(samples.get('coffer_requests_total{app="shop",function="pay",status="5xx"}')).toBe(1);
		expect(samples.get('coffer_request_duration_seconds_bucket{le="0.005",app="shop",function="pay"}')).toBe(
			1,
		);
		expect(samples.get('coffer_request_duration_seconds_sum{app="shop",function="pay"}')).toBeCloseTo(3.033);
		expect(samples.get('coffer_function_starts_total{app="shop",function="pay",outcome="ready"}')).toBe(1);
		expect(samples.get('coffer_function_starts_total{app="shop",function="pay",outcome="failed"}')).toBe(1);
		expect(samples.get('coffer_function_start_duration_seconds_count{app="shop",function="pay"}')).toBe(1);
		expect(samples.get('coffer_redeploys_total{app="shop",function="pay",status="live"}')).toBe(1);
		expect(samples.get('coffer_info{version="1.2.3"}')).toBe(1);
		expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
	});

	test("count requests that took as long together as if they came one by one", async () => {
		const [one, all] = [metricsOf(), metricsOf()];
		const times = [0, 1, 1.01, 2.5, 2.51, 149_999, 150_000, 150_001, 1e9].map(
			(ms, index) => [ms, index + 1] as const,
		);
		for (const [ms, count] of times)
			for (let index = 0; index < count; index++) one.answered(PAY, { status: 404, ms });
		all.answeredAll(PAY, 404, times);
		const samples = samplesOf((await all.text()).text);
		expect(samples).toEqual(samplesOf((await one.text()).text));
		const bucket = (le: string) =>
			samples.get(`coffer_request_duration_seconds_bucket{le="${le}",app="shop",function="pay"}`);
		expect(["0.001", "0.0025", "0.005", "150", "+Inf"].map(bucket)).toEqual([3, 10, 15, 28, 45]);
		expect(samples.get('coffer_request_duration_seconds_count{app="shop",function="pay"}')).toBe(45);
		expect(samples.get('coffer_requests_total{app="shop",function="pay",status="4xx"}')).toBe(45);
	});

	test("show the state of functions at the time of the request", async () => {
		const functions: FunctionSample[] = [
			{ app: "shop", function: "pay", state: "live", pid: 7 },
			{ app: "shop", function: "mail", state: "idle", pid: undefined },
			{ app: "shop", function: "bad", state: "failed", pid: undefined },
		];
		const metrics = metricsOf(functions);
		const memory = 'coffer_function_resident_memory_bytes{app="shop",function="pay"}';
		const before = samplesOf((await metrics.text()).text);
		for (const state of ["live", "idle", "failed"])
			expect(before.get(`coffer_functions{state="${state}"}`)).toBe(1);
		expect(before.get(memory)).toBe(7_000);
		functions[0] = { app: "shop", function: "pay", state: "idle", pid: undefined };
		const after = samplesOf((await metrics.text()).text);
		expect(after.get('coffer_functions{state="idle"}')).toBe(2);
		expect(after.has(memory)).toBe(false);
	});

	test("are removed with a deleted function, and no others", async () => {
		const metrics = metricsOf([{ ...PAY, state: "live", pid: 1 }]);
		for (const labels of [PAY, { app: "shop", function: "kept" }]) {
			for (const status of [101, 200, 301, 404, 500]) metrics.answered(labels, { status, ms: 1 });
			for (const ms of [1, undefined]) metrics.started(labels, ms);
			for (const status of ["live", "idle", "failed"] as const) metrics.redeployed(labels, status);
			for (const reason of ["stopped", "silent", "unanswered"] as const) metrics.replaced(labels, reason);
		}
		await metrics.text();
		metrics.forget(PAY);
		const { text } = await metrics.text();
		const left = [...samplesOf(text).keys()].filter((name) => name.includes('function="pay"'));
		// Requested again, because the fixture still uses it.
		expect(left).toEqual(['coffer_function_resident_memory_bytes{app="shop",function="pay"}']);
		expect(text).toContain('coffer_requests_total{app="shop",function="kept",status="3xx"} 1');
	});
});

describe("a platform", () => {
	let gateway: Gateway;
	let url: string;
	beforeAll(async () => {
		const { core } = platform;
		gateway = createGateway({
			functions: (app) => core.apps.find(app)?.state.functions,
			onAnswer: (route, answer) => core.metrics.answered(route, answer),
			instance: async (app, name) => {
				const found = core.apps.find(app);
				return found && (await core.functionsOf(found).instance(name));
			},
		});
		const { port } = await gateway.listen(0, "127.0.0.1");
		url = `http://127.0.0.1:${port}`;
	});
	afterAll(() => gateway.close({ graceMs: 0 }));

	test("shows its metrics to a token that may read all apps, and never a value", async () => {
		const source = 'export default () => new Response(Deno.env.get("METERED"));';
		await client.deploy(APP, { "functions/metered/index.ts": source });
		const { revision, head } = await client.showApp(APP);
		const value = "canary-that-is-metered";
		await client.send(APP, vault.change(APP, { revision, head }, [vault.record("METERED", 1, value)]));
		for (const path of ["metered", "metered/deeper", "nothing"])
			await (await fetch(`${url}/${APP}/${path}`)).body?.cancel();
		const response = await client.call(ROUTES.metrics, {});
		expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
		const text = await response.text();
		const labels = `app="${APP}",function="metered"`;
		expect(text).toContain(`coffer_requests_total{${labels},status="2xx"} 2`);
		expect(text).toContain(`coffer_redeploys_total{${labels},status="live"} 1`);
		expect(text).toContain(`coffer_function_starts_total{${labels},outcome="ready"} 2`);
		expect(text).toMatch(new RegExp(`coffer_function_resident_memory_bytes\\{${labels}\\} \\d{7,}`));
		// Paths without a function are not labels, because clients could create any number of them.
		expect(text).not.toContain('function="nothing"');
		expect(text).not.toContain("canary");
	});

	test("shows how many lines of its logs are missing", async () => {
		const { core } = platform;
		const lifetime = core.apps.get(APP).functionLifetime("metered");
		const request = { method: "GET", status: 200, ms: 1, bytes: 0, id: null, reason: null };
		const line = { ...request, time: new Date().toISOString(), path: "/".repeat(1_000) };
		// Nothing is written before this loop ends, so most of these lines find no room.
		for (let index = 0; index < 2_000; index++)
			core.logs.requests.append(lifetime?.app ?? "", lifetime?.function ?? "", line);
		const { dropped } = core.logs;
		expect(dropped.requests).toBeGreaterThan(500);
		const samples = samplesOf(await (await client.call(ROUTES.metrics, {})).text());
		expect(samples.get('coffer_log_lines_dropped_total{log="requests"}')).toBe(dropped.requests);
		expect(samples.get('coffer_log_lines_dropped_total{log="output"}')).toBe(dropped.output);
	});
});
