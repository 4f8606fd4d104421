import type { BackupRecord, PlatformStatus } from "../../protocol/nodes.ts";
import { Notice } from "../shell/page.tsx";
import { bytesText, countText, durationText } from "../text/instants.ts";
import { instantText, Moment, useNow } from "../text/moment.tsx";
import { Command, Name, nameText } from "../text/name.tsx";
import { ageTrouble } from "./backup-age.ts";

const HASH_CHARACTERS = 12;

const Make = () => <Command line="coffer platform backup DIR" />;

/** What is wrong with the backups, in words. Nothing if the newest is from the last days. */
function Warning({ newest, nowMs }: { readonly newest: BackupRecord | undefined; readonly nowMs: number }) {
	if (newest === undefined)
		return (
			<Notice kind="bad">
				<p>
					No backup of this platform is recorded. If its store is lost, so are its apps, functions and tokens.
					Make one with <Make />, and keep a copy of the platform's identity elsewhere.
				</p>
			</Notice>
		);
	const trouble = ageTrouble(newest, nowMs);
	if (trouble === undefined) return null;
	if (trouble === "ahead")
		return (
			<Notice kind="bad">
				<p>
					The newest backup is from {instantText(newest.createdMs)}, which is in the future: a clock is wrong,
					here or where it was made. So nobody is told when it is old.
				</p>
			</Notice>
		);
	return (
		<Notice kind="bad">
			<p>
				The newest backup is {durationText(nowMs - newest.createdMs)} old. Make another one with <Make />.
			</p>
		</Notice>
	);
}

function Row({ backup }: { readonly backup: BackupRecord }) {
	const { apps, bytes, createdMs, functions, manifest, name } = backup;
	return (
		<tr>
			<th scope="row">
				<Name text={name} />
			</th>
			<td data-label="Made" class="whole">
				<Moment atMs={createdMs} />
			</td>
			<td data-label="Contents">
				{countText(apps, "app")}, {countText(functions, "function")}
			</td>
			<td data-label="Size" class="whole">
				{bytesText(bytes)}
			</td>
			<td data-label="SHA-256 of its manifest.json">
				<code title={nameText(manifest)}>{nameText(manifest.slice(0, HASH_CHARACTERS))}</code>
			</td>
		</tr>
	);
}

/** The backups that were made, and whether the newest is old. An earlier platform does not know its backups. */
export function Backups({ backups }: Pick<PlatformStatus, "backups">) {
	const nowMs = useNow();
	if (backups === undefined) return <p class="quiet">This platform does not record its backups.</p>;
	if (backups === null) return <Notice kind="bad">The records of backups cannot be read now.</Notice>;
	return (
		<>
			<Warning newest={backups[0]} nowMs={nowMs} />
			{backups.length > 0 && (
				<>
					<div class="table-box">
						<table class="stacking">
							<thead>
								<tr>
									<th scope="col">Directory</th>
									<th scope="col">Made</th>
									<th scope="col">Contents</th>
									<th scope="col">Size</th>
									<th scope="col">SHA-256 of its manifest.json</th>
								</tr>
							</thead>
							<tbody>
								{backups.map((backup) => (
									<Row key={`${backup.createdMs} ${backup.manifest}`} backup={backup} />
								))}
							</tbody>
						</table>
					</div>
					<p class="quiet">The platform knows that these were made, not whether they are still there.</p>
				</>
			)}
		</>
	);
}
