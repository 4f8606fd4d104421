/** Applies actions to a world. */

import { perform } from "../devices/commands.ts";
import type { Device } from "../devices/device.ts";
import type { Action, Verdict } from "./actions.ts";
import { SMOOTH } from "./actions.ts";
import { Task } from "./task.ts";
import type { World } from "./world.ts";

function describe(action: Action): string {
	if (action.type === "start") {
		const { device, slot, command } = action;
		const { kind, ...rest } = command;
		return `device ${device}.${slot} begins: ${kind} ${JSON.stringify(rest)}`;
	}
	if (action.type === "go") {
		const { device, slot, verdict, dies } = action;
		const where = verdict.fault.startsWith("answer-") ? ` at ${Math.round(verdict.at * 100)} %` : "";
		const how = `${verdict.fault}${where}${verdict.inPieces ? ", line by line" : ""}`;
		return `device ${device}.${slot} goes on (${how})${dies ? ` and dies, ${dies}` : ""}`;
	}
	return JSON.stringify(action);
}

/** Applies an action. @returns false if it is not possible; then nothing has happened */
export async function apply(world: World, action: Action): Promise<boolean> {
	if (world.isOver) return false;
	try {
		return await applied(world, action);
	} catch (error) {
		world.end(error);
		return true;
	}
}

async function applied(world: World, action: Action): Promise<boolean> {
	switch (action.type) {
		case "start":
			return await start(world, action);
		case "go":
			return await go(world, action);
		case "kill": {
			const wasThere = world.tasks.delete(`${action.device}.${action.slot}`);
			if (wasThere) world.note(`device ${action.device}.${action.slot} is killed`);
			return wasThere;
		}
		case "replay": {
			const request = await world.network.replay(action.index);
			world.note(`a request of ${request?.task ?? "nobody"} arrives: ${request?.method} ${action.index}`);
			break;
		}
		case "restart":
			world.note("the platform restarts");
			await world.platform.restart();
			break;
		case "clock":
			world.note(`the platform's clock is set by ${action.byMs} ms`);
			world.platform.clock.offsetMs += action.byMs;
	}
	await world.readLog();
	return true;
}

async function start(world: World, action: Extract<Action, { type: "start" }>): Promise<boolean> {
	const id = `${action.device}.${action.slot}`;
	const device = world.devices[action.device];
	if (!device?.hasJoined || world.tasks.has(id)) return false;
	world.note(describe(action));
	const task: Task<Verdict> = new Task(id, (task) => perform({ world, device, task }, action.command));
	world.tasks.set(id, task);
	await task.begin();
	await stepped(world, device, task);
	return true;
}

async function go(world: World, action: Extract<Action, { type: "go" }>): Promise<boolean> {
	const id = `${action.device}.${action.slot}`;
	const [device, task] = [world.devices[action.device], world.tasks.get(id)];
	if (!device || !task) return false;
	world.note(`${describe(action)}: ${task.point?.what}`);
	if (task.point?.kind === "request") world.count(`messages: ${action.verdict.fault}`);
	const remembered = action.dies === "unremembered" ? await device.remembered() : undefined;
	const { text } = device;
	await task.resume(action.verdict);
	await stepped(world, device, task);
	if (!action.dies || !world.tasks.delete(id)) return true;
	world.count(`processes that died, ${action.dies}`);
	if (remembered && device.text !== text) {
		await device.putBack(remembered);
		world.ledger.forgetDecisions(device.index);
	}
	return true;
}

async function stepped(world: World, device: Device, task: Task<Verdict>): Promise<void> {
	if (task.hasEnded) world.tasks.delete(task.id);
	else world.note(`   waits: ${task.point?.what}`);
	await world.readLog();
	await device.look(world.ledger);
}

/** Runs a task to its end over a network that works. */
export async function finish(world: World, device: number, slot: number): Promise<void> {
	while (await apply(world, { type: "go", device, slot, verdict: SMOOTH }));
}
