import { useState } from "preact/hooks";
import type { FunctionList } from "../../protocol/function-list.ts";
import { PATHS } from "../data/paths.ts";
import { useResource } from "../data/use-resource.ts";
import { useStore } from "../data/use-store.ts";
import type { AppPageProps } from "../shell/console.tsx";
import { MissingNodes } from "../shell/missing-nodes.tsx";
import { Empty, Loaded, Page } from "../shell/page.tsx";
import { countText } from "../text/instants.ts";
import { Command, nameText } from "../text/name.tsx";
import { useFigures } from "./figures.ts";
import { FunctionRow } from "./function-row.tsx";

const POLL_MS = 10_000;
/** Functions that are drawn at first. */
const SHOWN = 100;
const STATES = ["all", "live", "idle", "failed"] as const;
type StateFilter = (typeof STATES)[number];
const STATE_TEXT: Readonly<Record<StateFilter, string>> = {
	all: "All",
	live: "Running",
	idle: "Idle",
	failed: "Failed",
};

type Entry = FunctionList["functions"][number];

interface Filter {
	readonly text: string;
	readonly state: StateFilter;
}

const matches = ({ text, state }: Filter, entry: Entry): boolean =>
	(state === "all" || entry.state === state) &&
	nameText(entry.name).toLowerCase().includes(text.trim().toLowerCase());

interface ToolsProps {
	readonly filter: Filter;
	readonly entries: readonly Entry[];
	readonly onFilter: (filter: Filter) => void;
}

function Tools({ filter, entries, onFilter }: ToolsProps) {
	const count = (state: StateFilter) =>
		entries.filter((entry) => state === "all" || entry.state === state).length;
	return (
		<div class="tools">
			<input
				type="search"
				aria-label="Find a function"
				placeholder="Find a function"
				value={filter.text}
				onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
			/>
			{STATES.map((state) => (
				<button
					key={state}
					type="button"
					class="chip"
					aria-pressed={filter.state === state}
					onClick={() => onFilter({ ...filter, state })}
				>
					{count(state)} {STATE_TEXT[state]}
				</button>
			))}
		</div>
	);
}

function FunctionRows({
	app,
	live,
	session,
	entries,
}: Pick<AppPageProps, "app" | "live" | "session"> & { readonly entries: readonly Entry[] }) {
	const [filter, setFilter] = useState<Filter>({ text: "", state: "all" });
	const [shown, setShown] = useState(SHOWN);
	const { progress } = useStore(live.rollouts);
	const figures = useFigures(app);
	const found = entries.filter((entry) => matches(filter, entry));
	return (
		<>
			<Tools filter={filter} entries={entries} onFilter={setFilter} />
			<MissingNodes nodes={figures?.nodes} what="The figures" />
			<ul class="function-rows">
				{found.slice(0, shown).map((entry) => (
					<FunctionRow
						key={entry.name}
						app={app}
						entry={entry}
						progress={progress.get(entry.name)}
						series={figures?.of(entry.name)}
						hasNodes={session.node !== ""}
					/>
				))}
			</ul>
			{found.length === 0 && <Empty title="No function has this name and state." />}
			{found.length > shown && (
				<button type="button" class="more" onClick={() => setShown(shown + SHOWN)}>
					Show more of {countText(found.length, "function")}
				</button>
			)}
		</>
	);
}

/** All functions of an app with their last 24 hours. */
export function FunctionsPage({ app, live, session }: AppPageProps) {
	const functions = useResource<FunctionList>(PATHS.functions(app), POLL_MS);
	return (
		<Page title="Functions">
			<Loaded answer={functions} what="the functions">
				{({ functions: entries }) =>
					entries.length === 0 ? (
						<Empty title="No functions yet">
							<p>
								Make one with <Command line="coffer functions new NAME" />, and deploy it with{" "}
								<Command line="coffer functions deploy" />.
							</p>
						</Empty>
					) : (
						<FunctionRows
							app={app}
							live={live}
							session={session}
							entries={[...entries].sort((a, b) => (a.name < b.name ? -1 : 1))}
						/>
					)
				}
			</Loaded>
		</Page>
	);
}
