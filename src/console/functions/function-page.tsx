import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { FunctionList } from "../../protocol/function-list.ts";
import { PATHS } from "../data/paths.ts";
import { useResource } from "../data/use-resource.ts";
import { useStore } from "../data/use-store.ts";
import { Plot, type PlotLine } from "../plots/plot.tsx";
import { latencySummary, memorySummary, requestsSummary, type Series } from "../plots/series.ts";
import type { AppPageProps } from "../shell/console.tsx";
import { MissingNodes } from "../shell/missing-nodes.tsx";
import { Link } from "../shell/navigation.tsx";
import { Empty, ErrorText, Loaded, Page } from "../shell/page.tsx";
import { bytesText, countText, latencyText, numberText } from "../text/instants.ts";
import { Moment } from "../text/moment.tsx";
import { blockText, Command, Name, nameText } from "../text/name.tsx";
import { shortNode } from "../text/nodes.tsx";
import { clockText, useFigures } from "./figures.ts";
import { LiveNodes } from "./live-nodes.tsx";
import { Output, Requests } from "./log-view.tsx";
import { State } from "./state.tsx";

type Entry = FunctionList["functions"][number];

/** Round numbers of bytes, from a mebibyte to 64 GiB. */
const MEMORY_STEPS = Array.from({ length: 17 }, (_, power) => 2 ** (20 + power));

const POLL_MS = 10_000;

function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
	return (
		<section class="part">
			<h2>{title}</h2>
			{children}
		</section>
	);
}

const MEMORY_COLOURS = ["accent", "warn", "good", "bad", "quiet"] as const;

/** A line for each node. More nodes than colours are told apart by the values under the pointer. */
const memoryLines = ({ memory }: Series): readonly PlotLine[] =>
	memory.map(({ node, values }, index) => ({
		label: node === "" ? "Memory" : shortNode(node),
		values,
		colour: MEMORY_COLOURS[index % MEMORY_COLOURS.length] ?? "accent",
	}));

/** The three plots. Their arrays stay the same until there are new figures. */
function Plots({ series }: { readonly series: Series }) {
	const lines = useMemo(
		() => ({
			requests: [
				{ label: "Requests", values: series.requestsPerSecond, colour: "accent" },
				{ label: "Errors", values: series.errorsPerSecond, colour: "bad" },
			] as const,
			latency: [
				{ label: "p50", values: series.p50Ms, colour: "accent" },
				{ label: "p99", values: series.p99Ms, colour: "warn" },
			] as const,
			memory: memoryLines(series),
		}),
		[series],
	);
	const { times } = series;
	return (
		<div class="plots">
			<Plot
				title="Requests per second"
				summary={requestsSummary(series, clockText)}
				times={times}
				lines={lines.requests}
				format={numberText}
			/>
			<Plot
				title="Response time"
				summary={latencySummary(series, clockText)}
				times={times}
				lines={lines.latency}
				format={latencyText}
			/>
			<Plot
				// The lines of a plot are those that it began with.
				key={series.memory.map(({ node }) => node).join(" ")}
				title="Memory"
				summary={memorySummary(series, clockText)}
				times={times}
				lines={lines.memory}
				format={bytesText}
				steps={MEMORY_STEPS}
			/>
		</div>
	);
}

/** The room of the plots before their figures are here. */
const NoPlots = () => (
	<div class="plots" aria-busy="true">
		{["requests", "latency", "memory"].map((plot) => (
			<div key={plot} class="card waiting" />
		))}
	</div>
);

function Facts({ entry, hasNodes }: { readonly entry: Entry; readonly hasNodes: boolean }) {
	const { url, pid, deployment, replaced } = entry;
	return (
		<dl class="facts">
			<dt>Address</dt>
			<dd>{nameText(url)}</dd>
			<dt>Version</dt>
			<dd>{nameText(deployment)}</dd>
			{!hasNodes && (
				<>
					<dt>Process</dt>
					<dd>{pid ?? "none"}</dd>
				</>
			)}
			{replaced !== undefined && (
				<>
					<dt>Replaced</dt>
					<dd>
						{countText(replaced.count, "time")}, last <Moment atMs={replaced.atMs} />:{" "}
						{blockText(replaced.why)}
					</dd>
				</>
			)}
		</dl>
	);
}

function Automations({ entry }: { readonly entry: Entry }) {
	const { automations = [] } = entry;
	if (automations.length === 0) return null;
	return (
		<Section title="Automations">
			<ul class="automations">
				{automations.map(({ name, type, active, nextMs, lastMs, runs }) => (
					<li key={name} class="card">
						<strong>
							<Name text={name} />
						</strong>
						<span class="quiet">
							{nameText(type)}
							{!active && ", not active"}
						</span>
						<span>Next run: {nextMs === null ? "none" : <Moment atMs={nextMs} />}</span>
						<span>
							Last run: {lastMs === null ? "none yet" : <Moment atMs={lastMs} />}, {countText(runs, "run")}
						</span>
					</li>
				))}
			</ul>
		</Section>
	);
}

function Reads({ app, entry }: { readonly app: string; readonly entry: Entry }) {
	const names = [...new Set(entry.references.map(({ name }) => name))].sort();
	return (
		<p>
			{names.length === 0 ? "It refers to no secret." : `It refers to ${countText(names.length, "secret")}: `}
			{names.slice(0, 12).map((name, index) => (
				<>
					{index > 0 && ", "}
					<Name text={name} />
				</>
			))}
			{names.length > 12 && ` and ${names.length - 12} more`}
			{names.length > 0 && ". "}
			{entry.dynamic.length > 0 && "Its code may read any secret. "}
			<Link to={{ page: "map", app, name: `function:${entry.name}` }}>Show it on the map</Link>
		</p>
	);
}

type BodyProps = Pick<AppPageProps, "app" | "live" | "session"> & { readonly entry: Entry };

function Body({ app, entry, live, session }: BodyProps) {
	const hasNodes = session.node !== "";
	const { progress } = useStore(live.rollouts);
	const now = progress.get(entry.name);
	const figures = useFigures(app, entry.name);
	const error = now?.error ?? entry.error;
	return (
		<>
			<p class="function-facts">
				<State entry={entry} progress={now} />
			</p>
			{error !== undefined && <ErrorText text={error} />}
			<Reads app={app} entry={entry} />
			<Facts entry={entry} hasNodes={hasNodes} />
			{hasNodes && <LiveNodes {...{ app, name: entry.name, live, error }} />}
			<MissingNodes nodes={figures?.nodes} what="The figures" />
			{figures === undefined ? <NoPlots /> : <Plots series={figures.of(entry.name)} />}
			<Automations entry={entry} />
			<Section title="Output">
				<Output key={entry.name} app={app} name={entry.name} />
			</Section>
			<Section title="Requests">
				<Requests key={entry.name} app={app} name={entry.name} />
			</Section>
		</>
	);
}

/** One function: its figures, its settings, its logs. */
export function FunctionPage({ app, name, live, session }: AppPageProps & { readonly name: string }) {
	const functions = useResource<FunctionList>(PATHS.functions(app), POLL_MS);
	return (
		<Page title={nameText(name)} aside={<Link to={{ page: "functions", app }}>All functions</Link>}>
			<Loaded answer={functions} what="the function">
				{({ functions: entries }) => {
					const entry = entries.find((each) => each.name === name);
					if (entry !== undefined) return <Body {...{ app, entry, live, session }} />;
					return (
						<Empty title="The app has no function of this name.">
							<p>
								Run <Command line="coffer functions list" /> to see all.
							</p>
						</Empty>
					);
				}}
			</Loaded>
		</Page>
	);
}
