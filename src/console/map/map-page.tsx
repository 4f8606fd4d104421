import { useEffect, useMemo, useState } from "preact/hooks";
import type { SecretList } from "../../protocol/console.ts";
import type { FunctionList } from "../../protocol/function-list.ts";
import { PATHS } from "../data/paths.ts";
import { isPending, type Rollouts } from "../data/rollout.ts";
import { mayUse } from "../data/session.ts";
import { useResource } from "../data/use-resource.ts";
import { useStore } from "../data/use-store.ts";
import type { AppPageProps } from "../shell/console.tsx";
import { Link, replaceAddress } from "../shell/navigation.tsx";
import { Empty, FailureText, Loaded, Notice, Page } from "../shell/page.tsx";
import { Command, nameText } from "../text/name.tsx";
import { Details } from "./details.tsx";
import { edgesOf, type Graph, type GraphNode, graphOf, nodesOf } from "./graph.ts";
import { layoutOf } from "./layout.ts";
import { Legend, MapTools, type Search } from "./map-tools.tsx";
import { hasMark, type ProgressOf } from "./marks.ts";
import { Matrix } from "./matrix/matrix.tsx";
import { NodeList } from "./node-list.tsx";
import { Overview } from "./overview.tsx";
import { GraphView } from "./picture/graph-view.tsx";
import type { Scene } from "./picture/scene.ts";
import { RolloutStrip } from "./rollout-strip.tsx";

const POLL_MS = 15_000;
/** How long the edges of a change stay lit after its end. */
const SHOWN_MS = 6_000;

/** The nodes that the search finds, functions first, each kind by name. */
function found(graph: Graph, { text, mark }: Search, progress: ProgressOf): readonly GraphNode[] {
	const word = text.trim().toLowerCase();
	return nodesOf(graph)
		.filter((node) => word === "" || nameText(node.name).toLowerCase().includes(word))
		.filter((node) => mark === undefined || hasMark(node, mark, progress))
		.sort((a, b) => (a.kind === b.kind ? (a.name < b.name ? -1 : 1) : a.kind === "function" ? -1 : 1));
}

/** The nodes that stand out: the chosen one with its neighbours, otherwise what the search finds. */
function litNodes(
	graph: Graph,
	selected: GraphNode | undefined,
	search: Search,
	nodes: readonly GraphNode[],
) {
	if (selected !== undefined) {
		const lit = edgesOf(graph, selected).flatMap((edge) => [
			graph.functions[edge.function]?.id ?? "",
			graph.secrets[edge.secret]?.id ?? "",
		]);
		return new Set([selected.id, ...lit]);
	}
	const isSearching = search.text.trim() !== "" || search.mark !== undefined;
	return isSearching ? new Set(nodes.map(({ id }) => id)) : undefined;
}

/** The names of the newest change, while it is under way and a moment longer, so that fast ones are seen. */
function useChangingNames({ changes: [change], progress }: Rollouts): ReadonlySet<string> {
	const [faded, setFaded] = useState<number | undefined>();
	const isRunning = change?.planned.some((name) => isPending(progress.get(name))) ?? false;
	const revision = change?.revision;
	useEffect(() => {
		if (isRunning || revision === undefined) return;
		const timer = setTimeout(() => setFaded(revision), SHOWN_MS);
		return () => clearTimeout(timer);
	}, [isRunning, revision]);
	const isShown = isRunning || faded !== revision;
	return useMemo(() => new Set(isShown ? change?.names : []), [isShown, change]);
}

interface MapProps extends AppPageProps {
	readonly view: "map" | "matrix";
}

interface MapBodyProps extends MapProps {
	readonly graph: Graph;
}

function MapBody({ app, name, live, view, graph }: MapBodyProps) {
	const rollouts = useStore(live.rollouts);
	const [search, setSearch] = useState<Search>({ text: "", mark: undefined });
	const layout = useMemo(() => layoutOf(graph), [graph]);
	const { progress } = rollouts;
	const nodes = useMemo(() => found(graph, search, progress), [graph, search, progress]);
	const selected = useMemo(() => nodesOf(graph).find(({ id }) => id === name), [graph, name]);
	const lit = useMemo(() => litNodes(graph, selected, search, nodes), [graph, selected, search, nodes]);
	const changing = useChangingNames(rollouts);
	const scene: Scene = useMemo(
		() => ({ graph, layout, progress, changing, lit, selected: selected?.id, hovered: undefined }),
		[graph, layout, progress, changing, lit, selected],
	);
	const select = (node: GraphNode | undefined) =>
		replaceAddress({ page: view, app, ...(node !== undefined && { name: node.id }) });
	return (
		<>
			<RolloutStrip rollouts={rollouts} />
			<MapTools graph={graph} progress={progress} search={search} onSearch={setSearch} />
			<div class="map-area">
				<NodeList nodes={nodes} progress={progress} selected={selected} onSelect={select} />
				<div class="map-picture">
					{view === "map" ? (
						<GraphView scene={scene} selected={selected} onSelect={select} />
					) : (
						<Matrix graph={graph} layout={layout} lit={lit} selected={selected} onSelect={select} />
					)}
					<Legend view={view} />
				</div>
				{selected === undefined ? (
					<Overview graph={graph} progress={progress} onSelect={select} />
				) : (
					<Details app={app} graph={graph} node={selected} progress={progress} onSelect={select} />
				)}
			</div>
		</>
	);
}

const NoFunctions = () => (
	<Empty title="No functions and no secrets yet">
		<p>
			Set a secret with <Command line="coffer secrets set NAME" />, and deploy the project's functions with{" "}
			<Command line="coffer functions deploy" />.
		</p>
	</Empty>
);

function Views({ app, view, name }: Pick<MapProps, "app" | "view" | "name">) {
	const rest = { app, ...(name !== undefined && { name }) };
	return (
		<nav class="views" aria-label="Views">
			<Link to={{ page: "map", ...rest }} isCurrent={view === "map"}>
				Graph
			</Link>
			<Link to={{ page: "matrix", ...rest }} isCurrent={view === "matrix"}>
				Matrix
			</Link>
		</nav>
	);
}

/** Functions × secrets of an app, as a graph or as a matrix. */
export function MapPage(props: MapProps) {
	const { app, session, view } = props;
	const maySee = mayUse(session, "sync");
	const functions = useResource<FunctionList>(PATHS.functions(app), POLL_MS);
	const secrets = useResource<SecretList>(maySee ? PATHS.secrets(app) : undefined, POLL_MS);
	const entries = functions.value?.functions;
	const stored = secrets.value?.secrets;
	const isReady = entries !== undefined && (!maySee || stored !== undefined || secrets.failure !== undefined);
	const graph = useMemo(
		() => (isReady ? graphOf(entries ?? [], stored) : undefined),
		[isReady, entries, stored],
	);
	return (
		<Page
			title={view === "map" ? "Map" : "Matrix"}
			class="map-page"
			heading="Map"
			aside={<Views {...props} />}
		>
			{!maySee && (
				<Notice>
					The session's token does not have the scope <code>sync</code>, so the map shows the names that
					functions refer to. It cannot say which are missing or unread.
				</Notice>
			)}
			{secrets.failure !== undefined && secrets.failure.kind !== "offline" && (
				<FailureText failure={secrets.failure} />
			)}
			<Loaded answer={{ ...functions, value: graph }} what="the map">
				{(loaded) =>
					loaded.functions.length + loaded.secrets.length === 0 ? (
						<NoFunctions />
					) : (
						<MapBody {...props} graph={loaded} />
					)
				}
			</Loaded>
		</Page>
	);
}
