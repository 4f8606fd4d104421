/** Response times of a function while other functions want all of the processor. */
import { availableParallelism } from "node:os";
import type { Bench } from "../harness.ts";
import { besideNeighbours } from "./beside-neighbours.ts";

const SPINS = { called: "a neighbour that spins", code: "while (Date.now() < end);" };

export const bench: Bench = {
	name: "a spinning neighbour",
	run: (context) =>
		besideNeighbours(
			[
				{ ...SPINS, count: 1 },
				{ ...SPINS, count: availableParallelism() + 1 },
			],
			context,
		),
};
