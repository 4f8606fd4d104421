import { useMemo } from "preact/hooks";
import type { Figures } from "../../protocol/console.ts";
import type { AskedNode } from "../../protocol/nodes.ts";
import { PATHS } from "../data/paths.ts";
import { useResource } from "../data/use-resource.ts";
import { type Series, seriesOf } from "../plots/series.ts";

const POLL_MS = 15_000;
const LIST_STEP_MS = 900_000;
const PAGE_STEP_MS = 300_000;

export interface KnownFigures {
	/** The nodes that were asked; empty with a platform that has one node. */
	readonly nodes: readonly AskedNode[];
	readonly of: (name: string) => Series;
}

/** The figures of the last 24 hours: of all functions, or finer of one. Undefined until they are here. */
export function useFigures(app: string, name?: string): KnownFigures | undefined {
	const { value } = useResource<Figures>(
		PATHS.figures(app, name === undefined ? LIST_STEP_MS : PAGE_STEP_MS, name),
		POLL_MS,
	);
	return useMemo(() => value && knownFigures(value), [value]);
}

function knownFigures(figures: Figures): KnownFigures {
	const functions = new Map(figures.functions.map((each) => [each.function, each]));
	const made = new Map<string, Series>();
	const of = (name: string): Series => {
		const { memory, points = [] } = functions.get(name) ?? {};
		const known = made.get(name) ?? seriesOf(figures, points, memory);
		made.set(name, known);
		return known;
	};
	return { nodes: figures.nodes ?? [], of };
}

/** The time of day where the reader is. */
export const clockText = (seconds: number): string =>
	new Date(seconds * 1_000).toLocaleTimeString(undefined, {
		hour: "2-digit",
		minute: "2-digit",
		hour12: false,
	});
