/** The parts of the simulation against results of queueing theory and probability. */
import { describe, expect, test } from "vitest";
import { exponential, lognormal, Weighted } from "../../bench/simulation/distributions.ts";
import { Engine } from "../../bench/simulation/engine.ts";
import { Quantiles } from "../../bench/simulation/quantiles.ts";
import { Station } from "../../bench/simulation/station.ts";
import { type Random, randomFrom } from "../torture/random.ts";

const SEEDS = [1, 2, 3, 4, 5];
const JOBS = 60_000;

/** The mean wait of jobs that arrive as a Poisson process at a station, and the station. */
function waits(seed: number, rate: number, servers: number, serviceOf: (random: Random) => number) {
	const engine = new Engine();
	const random = randomFrom(seed);
	const station = new Station(engine, "tested", servers);
	const waited = new Quantiles();
	const arrive = () => {
		station.add(serviceOf(random), (waitedMs) => waited.add(waitedMs));
		if (station.arrived < JOBS) engine.after(exponential(random, rate), arrive);
	};
	engine.after(exponential(random, rate), arrive);
	engine.runUntil(Number.MAX_SAFE_INTEGER);
	return { mean: waited.mean, station, endMs: engine.nowMs };
}

/** Over the seeds. One seed's mean of so many jobs is within a tenth of the true one at these loads. */
function meanWait(rate: number, servers: number, serviceOf: (random: Random) => number): number {
	const means = SEEDS.map((seed) => waits(seed, rate, servers, serviceOf).mean);
	return means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

const TOLERANCE = 0.05;

function expectNear(actual: number, expected: number, tolerance = TOLERANCE): void {
	expect(Math.abs(actual / expected - 1)).toBeLessThan(tolerance);
}

describe("a station", () => {
	test("with exponential service makes jobs wait as long as M/M/1 does", () => {
		for (const load of [0.3, 0.7])
			expectNear(
				meanWait(load, 1, (random) => exponential(random, 1)),
				load / (1 - load),
			);
	});

	test("with constant service makes jobs wait half as long, as M/D/1 does", () => {
		for (const load of [0.3, 0.7])
			expectNear(
				meanWait(load, 1, () => 1),
				load / (2 * (1 - load)),
			);
	});

	test("with two servers makes jobs wait as long as M/M/2 does", () => {
		// Erlang C for two servers: load² × 2 / (1 + load) jobs in a hundred wait, each for 1 / (2 - 2 load).
		const load = 0.7;
		const expected = (2 * load * load) / (1 + load) / (2 - 2 * load);
		expectNear(
			meanWait(2 * load, 2, (random) => exponential(random, 1)),
			expected,
		);
	});

	test("serves every job once, and none after it is lost", () => {
		const engine = new Engine();
		const station = new Station(engine, "tested", 1);
		let served = 0;
		for (let job = 0; job < 3; job++) station.add(10, () => served++);
		engine.runUntil(15);
		expect([served, station.present]).toEqual([1, 2]);
		station.lose();
		station.add(10, () => served++);
		engine.runUntil(1_000);
		expect(served).toBe(1);
	});

	test("reports the part of its time that it served", () => {
		const engine = new Engine();
		const station = new Station(engine, "tested", 2);
		engine.runUntil(100);
		station.restartCounts();
		station.add(50, () => {});
		engine.runUntil(200);
		expect(station.utilisation).toBe(0.25);
	});
});

describe("the engine", () => {
	test("lets events happen in the order of their times, and those of one time in the order of the calls", () => {
		const engine = new Engine();
		const random = randomFrom(1);
		const happened: [number, number][] = [];
		for (let order = 0; order < 1_000; order++) {
			const atMs = random.int(100);
			engine.after(atMs, () => happened.push([atMs, order]));
		}
		engine.runUntil(100);
		expect(happened).toEqual(happened.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
		expect(happened).toHaveLength(1_000);
	});

	test("refuses an event in the past", () => {
		expect(() => new Engine().after(-1, () => {})).toThrow(RangeError);
		expect(() => new Engine().after(Number.NaN, () => {})).toThrow(RangeError);
	});
});

describe("random numbers", () => {
	test("have the means of their distributions", () => {
		const random = randomFrom(7);
		const meanOf = (draw: () => number) =>
			Array.from({ length: 100_000 }, draw).reduce((sum, value) => sum + value, 0) / 100_000;
		expectNear(
			meanOf(() => exponential(random, 4)),
			0.25,
		);
		expectNear(
			meanOf(() => lognormal(random, 3, 0.8)),
			3,
		);
	});

	test("pick an index as often as its weight says", () => {
		const random = randomFrom(3);
		const weighted = new Weighted([1, 0, 3]);
		const counts = [0, 0, 0];
		for (let draw = 0; draw < 40_000; draw++) {
			const index = weighted.pick(random);
			counts[index] = (counts[index] ?? 0) + 1;
		}
		expect(counts[1]).toBe(0);
		expectNear(counts[2] ?? 0, 30_000);
	});

	test("have quantiles that are exact to 5 %", () => {
		const random = randomFrom(5);
		const values = Array.from({ length: 10_000 }, () => exponential(random, 0.01));
		const quantiles = new Quantiles();
		for (const value of values) quantiles.add(value);
		const sorted = values.toSorted((a, b) => a - b);
		for (const part of [0.5, 0.9, 0.99])
			expectNear(quantiles.at(part), sorted[Math.ceil(part * values.length) - 1] ?? 0, 0.051);
	});
});
