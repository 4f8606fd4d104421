/** What the control plane does with the reports of gateways, of this version and of an earlier one. */
import { setImmediate } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { RemoteInstance } from "../../src/platform/data-plane/client/remote-instance.ts";
import type { Report } from "../../src/platform/data-plane/report.ts";
import { rowOf } from "../../src/platform/data-plane/request-rows.ts";
import { CoreEvents } from "../../src/platform/data-plane-events.ts";
import { FaultBoundary } from "../../src/platform/faults/error-boundary.ts";
import type { AnsweredRequest } from "../../src/platform/gateway/answered-request.ts";
import type { Core } from "../../src/platform/service/core.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00.000Z");
const SECRET = "canary-of-a-report";
const REQUEST: AnsweredRequest = {
	...{ method: "GET", protocol: "HTTP/1.1", path: `/shop/pay/${SECRET}`, status: 200, ms: 1.5, bytes: 5 },
	...{ id: "id-1", reason: null },
};

/** A core with the function `pay` of the app `shop`, which notes what it is told. */
function open() {
	const stored: unknown[] = [];
	const append = (...line: unknown[]) => void stored.push(line);
	const answered = vi.fn();
	const lifetime = (name: string) => (name === "pay" ? { app: "a1", function: "d1" } : undefined);
	const app = { lifetimeId: "a1", functionLifetime: lifetime };
	const core = {
		apps: { find: (name: string) => (name === "shop" ? app : undefined) },
		clock: { now: () => NOW_MS },
		logs: { append, requests: { append } },
		answered,
	} as unknown as Core;
	const faults = new FaultBoundary("gateway");
	const events = new CoreEvents(() => {}, faults);
	events.open(core);
	const redact = (text: string) => text.replace(SECRET, "[KEY]");
	const find = (id: string) => (id === "i1" ? ({ redact } as unknown as RemoteInstance) : undefined);
	const report = async (parts: Partial<Report>) => {
		const empty = { targets: [], answers: [], requests: [], faults: [], unlogged: [] };
		events.report({ ...empty, ...parts }, find);
		await setImmediate();
		expect(faults.count).toBe(0);
	};
	return { stored, answered, report };
}

const TARGETS: Report["targets"] = [
	["shop", "pay", "d1", "i1"],
	["shop", "pay", "d1", "i2"],
	["shop", "pay", "d0", "i1"],
];
const line = (path: string) => {
	const { method, protocol, status, ms, bytes, id, reason } = REQUEST;
	const time = new Date(NOW_MS + 7).toISOString();
	return ["a1", "d1", { time, method, protocol, path, status, ms, bytes, id, reason }];
};
/** The path of an instance that is not known any more, and may have any secret, is cut. */
const EXPECTED = [line("/shop/pay/[KEY]"), line("/shop/pay/…")];

test("rows are stored with redacted paths, except those of a function that was deleted", async () => {
	const { report, stored } = open();
	const text = TARGETS.map((_, target) => rowOf(target, REQUEST, 7)).join("");
	await report({ targets: TARGETS, rows: { sinceMs: NOW_MS, text } });
	expect(stored).toEqual(EXPECTED);
});

test("requests without a row, and those of a gateway of an earlier version, are stored alike", async () => {
	const { report, stored } = open();
	const { bytes, id, method, ms, path, protocol, reason, status } = REQUEST;
	const requests = TARGETS.map(
		(_, target) => [target, method, path, status, ms, bytes, id, reason, NOW_MS + 7, protocol] as const,
	);
	await report({ targets: TARGETS, requests });
	expect(stored).toEqual(EXPECTED);
});

test("answers are counted with their times", async () => {
	const { answered, report } = open();
	const times = [
		[1, 20],
		[2.5, 3],
	] as const;
	await report({ targets: TARGETS, answers: [[0, 200, times]] });
	expect(answered.mock.calls).toEqual([
		[{ app: "shop", function: "pay", firstDeployment: "d1" }, 200, times],
	]);
});
