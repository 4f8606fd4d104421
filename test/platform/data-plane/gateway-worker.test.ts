/** One gateway process as the data plane sees it: which instances it keeps busy, and what becomes of a stuck one. */
import type { Worker } from "node:cluster";
import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FromGateway, ToGateway } from "../../../src/platform/data-plane/gateway/worker-messages.ts";
import { GatewayWorker } from "../../../src/platform/data-plane/process/gateway-worker.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";

const UPDATE = { version: 2, isSnapshot: false, changes: [] };

/** A worker of the cluster that sends nothing by itself. */
class SilentWorker extends EventEmitter {
	readonly sent: ToGateway[] = [];
	readonly signals: string[] = [];
	isOpen = true;
	readonly process = {
		kill: (signal: string) => {
			this.signals.push(signal);
			this.end();
		},
	};
	isConnected = () => this.isOpen;
	send = (message: ToGateway) => void this.sent.push(message);

	says(message: FromGateway): void {
		this.emit("message", message);
	}

	end(): void {
		this.isOpen = false;
		this.emit("exit");
	}
}

/** An instance that counts its requests. */
function counting() {
	const instance = {
		inFlight: 0,
		acquire: () => {
			instance.inFlight++;
			return () => void instance.inFlight--;
		},
	};
	return instance;
}

let silent: SilentWorker;
let others: FromGateway[];
let worker: GatewayWorker;
beforeEach(() => {
	vi.useFakeTimers();
	silent = new SilentWorker();
	others = [];
	worker = new GatewayWorker(silent as unknown as Worker, (message) => others.push(message));
});
afterEach(() => void vi.useRealTimers());

const activity = (instance: Instance, inFlight: number) =>
	worker.count([{ instance: "i1", inFlight }], () => instance);

test("a gateway with requests for an instance counts as one request of it", () => {
	const instance = counting();
	for (const inFlight of [1, 3, 2]) activity(instance as unknown as Instance, inFlight);
	expect(instance.inFlight).toBe(1);
	activity(instance as unknown as Instance, 0);
	expect(instance.inFlight).toBe(0);
	worker.count([{ instance: "unknown", inFlight: 1 }], () => undefined);
});

test("an instance that is going to stop is busy until the gateway has finished its requests", () => {
	const instance = counting();
	worker.retire("i1", instance as unknown as Instance);
	expect(silent.sent).toEqual([{ type: "retire", instance: "i1" }]);
	// Sent before the gateway knew that the instance is going to stop.
	activity(instance as unknown as Instance, 0);
	expect(instance.inFlight).toBe(1);
	silent.says({ type: "drained", instance: "i1" });
	expect(instance.inFlight).toBe(0);
});

test("a gateway that has ended keeps nothing busy, and answers everything that waits for it", async () => {
	const instance = counting();
	activity(instance as unknown as Instance, 2);
	const routed = worker.route(UPDATE);
	silent.end();
	await Promise.all([routed, worker.ended]);
	expect(instance.inFlight).toBe(0);
	await worker.route(UPDATE);
	worker.retire("i1", instance as unknown as Instance);
	expect([instance.inFlight, silent.sent.length]).toEqual([0, 1]);
});

test("an update waits for its own answer, and a gateway that does not answer is ended", async () => {
	const routed = [worker.route(UPDATE), worker.route({ ...UPDATE, version: 3 })];
	silent.says({ type: "done", call: 1 });
	await routed[0];
	expect(silent.signals).toEqual([]);
	vi.advanceTimersByTime(10_000);
	await routed[1];
	expect(silent.signals).toEqual(["SIGKILL"]);
});

test("other messages are passed on", () => {
	silent.says({ type: "hello" });
	silent.says({ type: "answered", instance: "i1" });
	expect(others).toEqual([{ type: "hello" }, { type: "answered", instance: "i1" }]);
});
