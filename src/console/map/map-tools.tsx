import { countText } from "../text/instants.ts";
import type { Graph } from "./graph.ts";
import { countMarks, MARKS, type Mark, type ProgressOf } from "./marks.ts";

/** What the reader looks for. */
export interface Search {
	readonly text: string;
	readonly mark: Mark | undefined;
}

const MARK_TEXT: Readonly<Record<Mark, string>> = {
	missing: "missing",
	unread: "unread",
	dynamic: "read anything",
	pending: "pending",
	failed: "failed",
};

const MARK_TITLE: Readonly<Record<Mark, string>> = {
	missing: "Functions refer to these names, and the vault does not have them",
	unread: "The vault has these secrets, and no function refers to them",
	dynamic: "These functions may read any secret",
	pending: "These functions wait for a new version, or start one",
	failed: "These functions do not run, or their last change failed",
};

interface ToolsProps {
	readonly graph: Graph;
	readonly progress: ProgressOf;
	readonly search: Search;
	readonly onSearch: (search: Search) => void;
}

/** The search, and the counts of what is remarkable, which also filter. */
export function MapTools({ graph, progress, search, onSearch }: ToolsProps) {
	const counts = countMarks(graph, progress);
	const toggle = (mark: Mark) => onSearch({ ...search, mark: search.mark === mark ? undefined : mark });
	return (
		<div class="map-tools">
			<input
				type="search"
				aria-label="Find a function or a secret"
				placeholder="Find a function or a secret"
				value={search.text}
				onInput={(event) => onSearch({ ...search, text: event.currentTarget.value })}
			/>
			<span class="map-counts">
				{countText(graph.functions.length, "function")}, {countText(graph.secrets.length, "secret")}
			</span>
			{MARKS.map((mark) => (
				<button
					key={mark}
					type="button"
					class={`chip ${mark} ${counts[mark] === 0 ? "none" : ""}`}
					aria-pressed={search.mark === mark}
					title={MARK_TITLE[mark]}
					onClick={() => toggle(mark)}
				>
					{counts[mark]} {MARK_TEXT[mark]}
				</button>
			))}
		</div>
	);
}

const LINES = [
	["static", "found in the code"],
	["declared", "declared"],
	["observed", "observed"],
	["prefix", "by a prefix"],
] as const;
const SIGNS = { static: "●", declared: "■", observed: "◐", prefix: "✱" } as const;

/** What lines and signs mean. */
export function Legend({ view }: { readonly view: "map" | "matrix" }) {
	return (
		<ul class="legend" aria-label="Legend">
			{LINES.map(([how, text]) => (
				<li key={how}>
					{view === "map" ? (
						<span class={`legend-line ${how}`} aria-hidden="true" />
					) : (
						<span class="legend-sign" aria-hidden="true">
							{SIGNS[how]}
						</span>
					)}
					{text}
				</li>
			))}
		</ul>
	);
}
