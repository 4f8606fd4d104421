/** A node of a cell: its processors, its gateways, its control plane, and the functions' processes on it. */
import type { Costs } from "./costs.ts";
import type { Engine } from "./engine.ts";
import { Station } from "./station.ts";

/** A function of the cell, wherever it runs. */
export interface SimulatedFunction {
	state: "idle" | "starting" | "live";
	/** Requests that it serves now. */
	serving: number;
	lastUsedMs: number;
	/** How often it has been started. */
	starts: number;
	/** Told when it is live, or that its node was lost. */
	waiting: ((isLive: boolean) => void)[];
}

export function idleFunction(): SimulatedFunction {
	return { state: "idle", serving: 0, lastUsedMs: 0, starts: 0, waiting: [] };
}

export class SimulatedNode {
	readonly gateway: Station;
	readonly cpu: Station;
	readonly control: Station;
	readonly #engine: Engine;
	readonly #costs: Costs;
	/** Those that run or start. The one that was called least recently is the first. */
	readonly #running = new Set<SimulatedFunction>();
	isUp = true;
	/** Requests that have arrived here and have not been answered. */
	inFlight = 0;
	coldStarts = 0;
	refused = 0;
	runningMax = 0;

	constructor(engine: Engine, costs: Costs) {
		this.#engine = engine;
		this.#costs = costs;
		this.gateway = new Station(engine, "gateways", costs.gateways);
		this.cpu = new Station(engine, "processors", costs.cores);
		this.control = new Station(engine, "control plane", 1);
	}

	get stations(): readonly Station[] {
		return [this.gateway, this.cpu, this.control];
	}

	get running(): number {
		return this.#running.size;
	}

	/** Calls back once the function is live, or cannot be. @param isCold whether the request had to wait for a start */
	whenLive(of: SimulatedFunction, ready: (isLive: boolean, isCold: boolean) => void): void {
		of.lastUsedMs = this.#engine.nowMs;
		if (of.state === "live") {
			this.#running.delete(of);
			this.#running.add(of);
			ready(true, false);
			return;
		}
		of.waiting.push((isLive) => ready(isLive, true));
		if (of.state === "idle") this.#start(of);
	}

	/** Uses the processors for a live function's new version, if it runs. */
	replace(of: SimulatedFunction): void {
		if (of.state === "live") this.cpu.add(this.#costs.startCpuMs, () => {});
	}

	/** The machine is gone, with everything that runs on it. */
	lose(): void {
		this.isUp = false;
		for (const station of this.stations) station.lose();
		for (const each of this.#running) {
			each.state = "idle";
			each.serving = 0;
			for (const tell of each.waiting.splice(0)) tell(false);
		}
		this.#running.clear();
	}

	restartCounts(): void {
		for (const station of this.stations) station.restartCounts();
		this.coldStarts = 0;
		this.refused = 0;
		this.runningMax = this.running;
	}

	#start(of: SimulatedFunction): void {
		if (!this.#makeRoom()) {
			this.refused++;
			for (const tell of of.waiting.splice(0)) tell(false);
			return;
		}
		this.#running.add(of);
		this.runningMax = Math.max(this.runningMax, this.running);
		this.coldStarts++;
		of.starts++;
		of.state = "starting";
		const { startControlMs, startCpuMs, startMs } = this.#costs;
		this.control.add(startControlMs, () => {
			this.cpu.add(startMs, () => {
				of.state = "live";
				for (const tell of of.waiting.splice(0)) tell(true);
				this.#awaitIdle(of);
			});
			// Whatever the first request does not wait for, such as the next spare process.
			this.cpu.add(Math.max(0, startCpuMs - startControlMs - startMs), () => {});
		});
	}

	/** Stops the function that was called least recently, if all room is taken. */
	#makeRoom(): boolean {
		if (this.#running.size < this.#costs.processesMax) return true;
		for (const each of this.#running) {
			if (each.state !== "live" || each.serving > 0) continue;
			this.#stop(each);
			return true;
		}
		return false;
	}

	#stop(of: SimulatedFunction): void {
		of.state = "idle";
		this.#running.delete(of);
	}

	/** Stops a function once it has had no request for the idle time. */
	#awaitIdle(of: SimulatedFunction): void {
		const { starts } = of;
		const leftMs = of.lastUsedMs + this.#costs.idleMs - this.#engine.nowMs;
		this.#engine.after(leftMs > 0 ? leftMs : this.#costs.idleMs, () => {
			if (of.state !== "live" || of.starts !== starts || !this.#running.has(of)) return;
			const isIdle = of.serving === 0 && this.#engine.nowMs - of.lastUsedMs >= this.#costs.idleMs;
			if (isIdle) this.#stop(of);
			else this.#awaitIdle(of);
		});
	}
}
