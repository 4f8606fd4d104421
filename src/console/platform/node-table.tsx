import type { PlatformStatus } from "../../protocol/nodes.ts";
import { Notice } from "../shell/page.tsx";
import { countText } from "../text/instants.ts";
import { Moment } from "../text/moment.tsx";
import { Name, nameText } from "../text/name.tsx";
import { PHASES } from "../text/nodes.tsx";

type Node = PlatformStatus["nodes"][number];

const countsText = ({ live, idle, failed }: Node["functions"]): string =>
	`${live} running, ${idle} idle, ${failed} failed`;

type NodeApp = NonNullable<Node["apps"]>[number];

/** How far the node is with one app. */
function AppText({ of: { app, phase, failed } }: { readonly of: NodeApp }) {
	const { look, text } = PHASES[phase];
	return (
		<li>
			<span class={`state wrapping ${look}`}>
				{nameText(app)}:{" "}
				{phase === "failed" ? `did not start ${failed.map(nameText).join(", ")}` : text.toLowerCase()}
			</span>
		</li>
	);
}

/** The apps with which the node is not as far as it should be. An earlier platform does not say so. */
function Follows({ apps }: Pick<Node, "apps">) {
	if (apps === undefined) return <span class="quiet">Not known</span>;
	if (apps.length === 0) return <span class="state live">Up to date</span>;
	return (
		<ul class="members">
			{apps.map((each) => (
				<AppText key={each.app} of={each} />
			))}
		</ul>
	);
}

function Row({ node, newest }: { readonly node: Node; readonly newest: number }) {
	const behind = newest - node.revision;
	return (
		<tr>
			<th scope="row">
				{node.node === "" ? "The only node" : <Name text={node.node} />}
				{node.self && node.node !== "" && <span class="quiet"> answers this page</span>}
			</th>
			<td data-label="State">
				<span class={`state ${node.stopping ? "pending" : "live"}`}>
					{node.stopping ? "Stopping" : "Running"}
				</span>
			</td>
			<td data-label="Apps">
				<Follows apps={node.apps} />
			</td>
			<td data-label="Functions">{countsText(node.functions)}</td>
			<td data-label="Revision">
				{node.revision}
				{behind > 0 && <span class="quiet"> ({behind} behind)</span>}
			</td>
			<td data-label="Started">
				<Moment atMs={node.startedAtMs} />
			</td>
			<td data-label="Version">{nameText(node.version)}</td>
		</tr>
	);
}

/** The nodes of a platform: those that answer, and those that do not. */
export function NodeTable({ status: { nodes, silent } }: { readonly status: PlatformStatus }) {
	const newest = Math.max(...nodes.map(({ revision }) => revision));
	return (
		<>
			{silent.length > 0 && (
				<Notice kind="bad">
					{countText(silent.length, "node")} {silent.length === 1 ? "does" : "do"} not answer and may still
					serve functions with earlier values: {silent.map(nameText).join(", ")}
				</Notice>
			)}
			<div class="table-box">
				<table class="stacking">
					<thead>
						<tr>
							<th scope="col">Node</th>
							<th scope="col">State</th>
							<th scope="col">Apps</th>
							<th scope="col">Functions</th>
							<th scope="col">Revision</th>
							<th scope="col">Started</th>
							<th scope="col">Version</th>
						</tr>
					</thead>
					<tbody>
						{nodes.map((node) => (
							<Row key={node.node} node={node} newest={newest} />
						))}
					</tbody>
				</table>
			</div>
		</>
	);
}
