/** Simulates one cell: its etcd, its nodes, the requests to its apps, and what their developers do. */
import { type Random, randomFrom } from "../../test/torture/random.ts";
import type { Costs } from "./costs.ts";
import { exponential, Weighted } from "./distributions.ts";
import type { CellApps } from "./draw.ts";
import { Engine } from "./engine.ts";
import { idleFunction, SimulatedNode } from "./node.ts";
import { Quantiles } from "./quantiles.ts";
import { Station } from "./station.ts";

export interface CellPlan {
	readonly seed: number;
	readonly apps: CellApps;
	readonly nodes: number;
	readonly costs: Costs;
	/** The time before anything is counted. */
	readonly warmMs: number;
	readonly windowMs: number;
	/** Whether a node fails in the middle of the window, whatever the rate of failures is. */
	readonly isDrill: boolean;
}

/** What happened in the window. */
export interface CellResult {
	/** Requests: `arrived` and those in flight before are `answered`, `failed`, `refused` or still in flight. */
	readonly requests: Readonly<
		Record<"before" | "arrived" | "answered" | "failed" | "refused" | "inFlight", number>
	>;
	/** The time that the platform adds to a request: all but the function's own time. */
	readonly warm: Quantiles;
	readonly cold: Quantiles;
	/** From a change to its durable entry. */
	readonly changes: Quantiles;
	readonly coldStarts: number;
	readonly utilisation: Readonly<Record<"etcd" | "processors" | "gateways" | "control plane", number>>;
	/** The most processes on one node, beside the most that it may have. */
	readonly processes: number;
	readonly etcdTransactions: number;
	/** Messages from etcd to nodes about the writes of other nodes. */
	readonly watched: number;
	readonly events: number;
}

class Cell {
	readonly #plan: CellPlan;
	readonly #engine = new Engine();
	readonly #random: Random;
	readonly #etcd: Station;
	readonly #nodes: readonly SimulatedNode[];
	readonly #functions;
	readonly #traffic: Weighted;
	/** When the other nodes take over from a node that is lost. */
	readonly #takenOverMs = new Map<SimulatedNode, number>();
	#lastWriter: SimulatedNode | undefined;
	#counts = { before: 0, arrived: 0, answered: 0, failed: 0, refused: 0 };
	#tallies = {
		warm: new Quantiles(),
		cold: new Quantiles(),
		changes: new Quantiles(),
		watched: 0,
		writes: 0,
	};

	constructor(plan: CellPlan) {
		this.#plan = plan;
		this.#random = randomFrom(plan.seed);
		this.#etcd = new Station(this.#engine, "etcd", 1);
		this.#nodes = Array.from({ length: plan.nodes }, () => new SimulatedNode(this.#engine, plan.costs));
		this.#functions = plan.apps.appOf.map(idleFunction);
		this.#traffic = new Weighted(plan.apps.rates);
	}

	run(): CellResult {
		const { apps, costs, isDrill, warmMs, windowMs } = this.#plan;
		const { length } = apps;
		this.#repeat(this.#traffic.total, () => this.#request(this.#traffic.pick(this.#random)));
		this.#repeat(costs.changeRate * length, () => this.#change());
		this.#repeat(costs.deployRate * length, () => this.#deploy());
		this.#repeat(costs.automationRate * length, () => this.#runAutomation());
		for (const node of this.#nodes) {
			this.#repeat(costs.rolloutRate, () => node.control.add(costs.openMs, () => {}));
			this.#repeat(costs.failureRate, () => this.#lose(node));
		}
		this.#engine.runUntil(warmMs);
		this.#restartCounts();
		const first = this.#nodes[0];
		if (isDrill && first !== undefined) this.#engine.after(windowMs / 2, () => this.#lose(first));
		this.#engine.runUntil(warmMs + windowMs);
		return this.#result();
	}

	/** A Poisson process. */
	#repeat(perMs: number, happen: () => void): void {
		const delayMs = exponential(this.#random, perMs);
		if (!Number.isFinite(delayMs)) return;
		this.#engine.after(delayMs, () => {
			happen();
			this.#repeat(perMs, happen);
		});
	}

	/** The node that serves an app. Undefined while no node has taken over from one that is lost. */
	#homeOf(app: number): SimulatedNode | undefined {
		const home = this.#nodes[app % this.#nodes.length];
		if (home?.isUp !== false) return home;
		if ((this.#takenOverMs.get(home) ?? 0) > this.#engine.nowMs) return undefined;
		const up = this.#nodes.filter(({ isUp }) => isUp);
		return up[Math.floor(app / this.#nodes.length) % Math.max(1, up.length)];
	}

	#request(index: number): void {
		this.#counts.arrived++;
		const node = this.#homeOf(this.#plan.apps.appOf[index] ?? 0);
		const of = this.#functions[index];
		if (node === undefined || of === undefined) {
			this.#counts.failed++;
			return;
		}
		const { functionCpuMs, functionWaitMs, gatewayMs } = this.#plan.costs;
		const startMs = this.#engine.nowMs;
		const waitMs = functionWaitMs === 0 ? 0 : exponential(this.#random, 1 / functionWaitMs);
		node.inFlight++;
		node.gateway.add(gatewayMs, () =>
			node.whenLive(of, (isLive, isCold) => {
				// A lost node's requests have been counted.
				if (!isLive) return node.isUp ? this.#refuse(node) : undefined;
				of.serving++;
				node.cpu.add(functionCpuMs, () =>
					this.#engine.after(waitMs, () => {
						if (!node.isUp) return;
						of.serving--;
						of.lastUsedMs = this.#engine.nowMs;
						node.inFlight--;
						this.#counts.answered++;
						const addedMs = this.#engine.nowMs - startMs - functionCpuMs - waitMs;
						this.#tallies[isCold ? "cold" : "warm"].add(Math.max(0, addedMs));
					}),
				);
			}),
		);
	}

	#refuse(node: SimulatedNode): void {
		node.inFlight--;
		this.#counts.refused++;
	}

	/** A write of a node's control plane. */
	#write(app: number, controlMs: number, transactions: number, done: (node: SimulatedNode) => void): void {
		const node = this.#homeOf(app);
		if (node === undefined) return;
		const { etcdMs, reloadControlMs, reloadTransactions } = this.#plan.costs;
		const isForeign = this.#lastWriter !== undefined && this.#lastWriter !== node;
		this.#lastWriter = node;
		this.#tallies.writes++;
		this.#tallies.watched += this.#nodes.length - 1;
		node.control.add(controlMs + (isForeign ? reloadControlMs : 0), () =>
			this.#etcd.add((transactions + (isForeign ? reloadTransactions : 0)) * etcdMs, () => done(node)),
		);
	}

	#change(): void {
		const { changeControlMs, changeTransactions } = this.#plan.costs;
		const app = this.#random.int(this.#plan.apps.length);
		const startMs = this.#engine.nowMs;
		this.#write(app, changeControlMs, changeTransactions, (node) => {
			this.#tallies.changes.add(this.#engine.nowMs - startMs);
			const first = this.#functions[this.#plan.apps.firstOf[app] ?? 0];
			if (first !== undefined) node.replace(first);
		});
	}

	#deploy(): void {
		const { buildCpuMs, deployControlMs, deployTransactions } = this.#plan.costs;
		const app = this.#random.int(this.#plan.apps.length);
		const node = this.#homeOf(app);
		node?.cpu.add(buildCpuMs, () => this.#write(app, deployControlMs, deployTransactions, () => {}));
	}

	#runAutomation(): void {
		const { automationControlMs, automationTransactions } = this.#plan.costs;
		const app = this.#random.int(this.#plan.apps.length);
		const first = this.#plan.apps.firstOf[app] ?? 0;
		this.#write(app, automationControlMs, automationTransactions, () => this.#request(first));
	}

	#lose(node: SimulatedNode): void {
		if (!node.isUp) return;
		this.#counts.failed += node.inFlight;
		node.lose();
		node.inFlight = 0;
		this.#takenOverMs.set(node, this.#engine.nowMs + this.#plan.costs.failoverMs);
	}

	#restartCounts(): void {
		this.#counts = { before: this.#inFlight(), arrived: 0, answered: 0, failed: 0, refused: 0 };
		const [warm, cold, changes] = [new Quantiles(), new Quantiles(), new Quantiles()];
		this.#tallies = { warm, cold, changes, watched: 0, writes: 0 };
		this.#etcd.restartCounts();
		for (const node of this.#nodes) node.restartCounts();
	}

	#inFlight(): number {
		return this.#nodes.reduce((sum, node) => sum + node.inFlight, 0);
	}

	#result(): CellResult {
		const { changes, cold, warm, watched, writes } = this.#tallies;
		const up = this.#nodes.filter(({ isUp }) => isUp);
		const most = (of: (node: SimulatedNode) => number) => Math.max(0, ...up.map(of));
		return {
			requests: { ...this.#counts, inFlight: this.#inFlight() },
			...{ warm, cold, changes, watched },
			coldStarts: this.#nodes.reduce((sum, node) => sum + node.coldStarts, 0),
			utilisation: {
				etcd: this.#etcd.utilisation,
				processors: most(({ cpu }) => cpu.utilisation),
				gateways: most(({ gateway }) => gateway.utilisation),
				"control plane": most(({ control }) => control.utilisation),
			},
			processes: most(({ runningMax }) => runningMax),
			etcdTransactions: writes,
			events: this.#engine.happened,
		};
	}
}

/** Simulates a cell. The same plan gives the same result. */
export function simulateCell(plan: CellPlan): CellResult {
	return new Cell(plan).run();
}
