/** When the first response of a process waits for the control plane. */
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Channel, type Handlers } from "../../../src/platform/channel/channel.ts";
import type {
	ControlPlaneContract,
	DataPlaneContract,
	LaunchMessage,
} from "../../../src/platform/data-plane/messages.ts";
import { ControlLink } from "../../../src/platform/data-plane/process/control-link.ts";
import { HostedRuntime } from "../../../src/platform/data-plane/process/hosted-runtime.ts";
import { FaultBoundary } from "../../../src/platform/faults/error-boundary.ts";
import { Probation } from "../../../src/platform/runtime/probation.ts";
import type { Launch, Runtime } from "../../../src/platform/runtime/runtime.ts";

const LAUNCH: LaunchMessage = {
	...{ app: "a", function: "f", deployment: "d", instance: "i", codeBytes: 0, hasSourceMap: false },
	...{ files: undefined, lifetime: undefined, note: undefined, settings: undefined },
	environment: [["GIVEN", "1"]],
	observesReads: true,
};

/** A hosted runtime with one instance, whose process reads variables when the test says so. */
async function open(readAtStart: readonly string[] = []) {
	const folder = await mkdtemp(join(tmpdir(), "coffer-settle-"));
	const faults = new FaultBoundary("process");
	const link = new ControlLink(faults);
	/** Variables that the process has read and that are not reported yet. */
	const unread = [...readAtStart];
	const runtime = {
		start: async ({ onRead }: Launch) => {
			const settle = () => {
				for (const name of unread.splice(0)) onRead?.(name);
			};
			const never = new Promise(() => {});
			return { crons: {}, exited: never, probation: new Probation(settle), stuck: never };
		},
	} as unknown as Runtime;
	const hosted = new HostedRuntime(runtime, link, faults);
	const hello = async () => {
		link.ready();
		return { data: null };
	};
	const { calls } = hosted;
	await link.listen(join(folder, "s"), {
		calls: { ...calls, hello },
		events: {},
	} as unknown as Handlers<DataPlaneContract>);
	/** What the control plane got, in order. */
	const got: string[] = [];
	const socket = connect(join(folder, "s"));
	onTestFinished(async () => {
		socket.destroy();
		await rm(folder, { recursive: true });
	});
	const sync = async () => {
		got.push("sync");
		return { data: null };
	};
	const read = ({ variable }: { variable: string }) => got.push(variable);
	const handlers = { calls: { sync }, events: { read } } as unknown as Handlers<ControlPlaneContract>;
	const channel = new Channel<ControlPlaneContract, DataPlaneContract>(socket, handlers, faults);
	await channel.call("hello", { protocol: 1 });
	await vi.waitFor(() => expect(link.isConnected).toBe(true));
	await channel.call("start", LAUNCH);
	const settled = async () => {
		await hosted.settle("i");
		return got.splice(0);
	};
	return { hosted, settled, unread };
}

test("it does not wait if the process has read only variables that it had", async () => {
	const { settled, unread } = await open();
	unread.push("GIVEN");
	await settled();
	expect(await settled()).not.toContain("sync");
});

test("it waits after a read of a variable that the process did not have, once for each such read", async () => {
	const { settled, unread } = await open();
	unread.push("MISSING");
	expect(await settled()).toEqual(["MISSING", "sync"]);
	expect(await settled()).toEqual([]);
	unread.push("ANOTHER");
	expect(await settled()).toEqual(["ANOTHER", "sync"]);
});

test("it does not wait for reads that the control plane got before it knew that the process serves", async () => {
	const { settled } = await open(["MISSING"]);
	expect(await settled()).toEqual(["MISSING"]);
});

test("it waits again after a change of the control plane, which knows nothing of earlier reads", async () => {
	const { hosted, settled } = await open(["MISSING"]);
	await settled();
	hosted.abandoned();
	expect(await settled()).toEqual(["sync"]);
});

test("it does not wait for an instance that has ended", async () => {
	const { hosted } = await open();
	await expect(hosted.settle("gone")).resolves.toBeUndefined();
});
