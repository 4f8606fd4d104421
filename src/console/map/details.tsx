/** What is known of the chosen function or secret, in text. */
import type { ComponentChildren } from "preact";
import { Link } from "../shell/navigation.tsx";
import { ErrorText } from "../shell/page.tsx";
import { blockText, Command, Name } from "../text/name.tsx";
import {
	type Edge,
	edgesOf,
	type FunctionNode,
	type Graph,
	type GraphNode,
	type SecretNode,
} from "./graph.ts";
import { functionStateText, type ProgressOf, reasonText } from "./marks.ts";

interface DetailsProps {
	readonly app: string;
	readonly graph: Graph;
	readonly node: GraphNode;
	readonly progress: ProgressOf;
	readonly onSelect: (node: GraphNode) => void;
}

function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
	return (
		<section class="details-part">
			<h3>{title}</h3>
			{children}
		</section>
	);
}

/** How many edges are listed at first. A prefix can lead to hundreds. */
const EDGES_SHOWN = 200;

interface EdgeListProps {
	readonly edges: readonly Edge[];
	readonly other: (edge: Edge) => GraphNode | undefined;
	readonly onSelect: (node: GraphNode) => void;
}

function EdgeList({ edges, other, onSelect }: EdgeListProps) {
	return (
		<ul class="edges">
			{edges.slice(0, EDGES_SHOWN).map((edge) => {
				const node = other(edge);
				return (
					node !== undefined && (
						<li key={node.id}>
							<button type="button" class="link-button" onClick={() => onSelect(node)}>
								<Name text={node.name} />
							</button>
							{edge.reasons.map((reason, index) => (
								<span key={`${index}`} class="reason">
									{blockText(reasonText(reason))}
								</span>
							))}
						</li>
					)
				);
			})}
			{edges.length > EDGES_SHOWN && <li class="quiet">and {edges.length - EDGES_SHOWN} more</li>}
		</ul>
	);
}

function Dynamic({ dynamic }: Pick<FunctionNode["entry"], "dynamic">) {
	if (dynamic.length === 0) return null;
	return (
		<Section title="May read any secret">
			<ul class="edges">
				{dynamic.map(({ file, line, why }) => (
					<li key={`${file}:${line}`}>
						<span class="reason">{blockText(`${file}:${line}, ${why}`)}</span>
					</li>
				))}
			</ul>
		</Section>
	);
}

function Excluded({ excluded }: { readonly excluded: readonly string[] }) {
	if (excluded.length === 0) return null;
	return (
		<Section title="Excluded by its settings">
			<ul class="edges">
				{excluded.map((name) => (
					<li key={name}>
						<Name text={name} />
					</li>
				))}
			</ul>
		</Section>
	);
}

function FunctionDetails({
	app,
	graph,
	node,
	progress,
	onSelect,
}: DetailsProps & { readonly node: FunctionNode }) {
	const edges = edgesOf(graph, node);
	const { dynamic, excluded = [], error } = node.entry;
	const now = progress.get(node.name);
	const fault = now?.error ?? error;
	return (
		<>
			<p>
				<span class={`state ${node.entry.state}`}>{functionStateText(node, progress)}</span>
			</p>
			<p>
				<Link to={{ page: "functions", app, name: node.name }}>Plots, logs and requests</Link>
			</p>
			{fault !== undefined && (
				<Section title={node.entry.state === "live" ? "The last start failed" : "Error"}>
					<ErrorText text={fault} />
				</Section>
			)}
			<Dynamic dynamic={dynamic} />
			<Section title={`Reads ${edges.length === 1 ? "1 secret" : `${edges.length} secrets`}`}>
				<EdgeList edges={edges} other={(edge) => graph.secrets[edge.secret]} onSelect={onSelect} />
			</Section>
			<Excluded excluded={excluded} />
		</>
	);
}

function Presence({ node }: { readonly node: SecretNode }) {
	if (node.presence === "missing")
		return (
			<p>
				<span class="state failed">Not in the vault.</span> Set it with{" "}
				<Command line={`coffer secrets set ${node.name}`} />.
			</p>
		);
	if (node.presence === "optional")
		return (
			<p class="quiet">
				Not in the vault, and not needed: only packages read it, it was only observed, or the platform gives
				it a value.
			</p>
		);
	if (node.presence === "pattern") return <p>No stored secret has a name that begins so.</p>;
	if (node.presence === "unknown")
		return <p class="quiet">This session may not see which secrets are stored.</p>;
	if (node.entry === undefined) return null;
	return (
		<p>
			Version {node.entry.version}, set by <Name text={node.entry.by} />
		</p>
	);
}

function SecretDetails({ app, graph, node, onSelect }: DetailsProps & { readonly node: SecretNode }) {
	const edges = edgesOf(graph, node);
	const dynamic = graph.functions.filter(({ isDynamic }) => isDynamic);
	return (
		<>
			<Presence node={node} />
			{node.entry !== undefined && (
				<p>
					<Link to={{ page: "secrets", app, name: node.name }}>Versions and history</Link>
				</p>
			)}
			<Section
				title={
					edges.length === 0
						? "No function reads it"
						: `Read by ${edges.length === 1 ? "1 function" : `${edges.length} functions`}`
				}
			>
				<EdgeList edges={edges} other={(edge) => graph.functions[edge.function]} onSelect={onSelect} />
			</Section>
			{dynamic.length > 0 && (
				<Section title="May be read by">
					<p class="quiet">These functions may read any secret:</p>
					<ul class="edges">
						{dynamic.slice(0, EDGES_SHOWN).map((each) => (
							<li key={each.id}>
								<button type="button" class="link-button" onClick={() => onSelect(each)}>
									<Name text={each.name} />
								</button>
							</li>
						))}
					</ul>
				</Section>
			)}
		</>
	);
}

export function Details(props: DetailsProps) {
	const { node } = props;
	return (
		<section class="details" aria-label="The chosen node">
			<h2>
				<span class="details-kind">{node.kind === "function" ? "Function" : "Secret"}</span>
				<Name text={node.name} />
			</h2>
			{node.kind === "function" ? (
				<FunctionDetails {...props} node={node} />
			) : (
				<SecretDetails {...props} node={node} />
			)}
		</section>
	);
}
