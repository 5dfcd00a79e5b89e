// What the client is told between its questions: that the status reads otherwise now, and that the tables and
// explanations that it was given may. Who has not asked since is not told again.
import type { Connection } from 'vscode-languageserver';
import type { Snapshot } from '../workspace/workspace';
import { guardNotification } from './guard';
import { Notifications, type Status } from './protocol';
import type { Log, Session } from './session';
import { statusOf } from './status';

/** Typing that pauses for less is told of once. */
const QUIET_MS = 200;

export class Announcements {
  private readonly announceSoon: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The file that the status was last asked for. */
  private uri: string | undefined;
  /** What the client was last told. */
  private told: Status | undefined;
  /** What the client was last given a table or an explanation of. */
  private given: { readonly snapshot: Snapshot; readonly version: number } | undefined;

  constructor(
    private readonly connection: Pick<Connection, 'sendNotification'>,
    private readonly session: Session,
    log: Log,
  ) {
    const guarded = guardNotification(log, 'announcement', () => this.announce());
    this.announceSoon = () => guarded(undefined);
  }

  /** The answer to `mutual/status`. */
  status(uri: string | undefined): Status {
    this.uri = uri;
    this.told = statusOf(this.session, uri);
    return this.told;
  }

  /** A table or an explanation of this state is shown from now on. */
  gave(snapshot: Snapshot): void {
    this.given = { snapshot, version: snapshot.version };
  }

  /** Something has changed. That everything has been read, or is read anew, is told at once. */
  changed(): void {
    clearTimeout(this.timer);
    const { ready, busy } = this.session;
    const isOther = this.told?.state !== (ready && !busy ? 'ready' : 'scanning');
    if (isOther) this.announce();
    else this.timer = setTimeout(this.announceSoon, QUIET_MS);
  }

  private announce(): void {
    const { connection, session, given } = this;
    const status = statusOf(session, this.uri);
    if (JSON.stringify(status) !== JSON.stringify(this.told)) {
      this.told = status;
      void connection.sendNotification(Notifications.statusChanged, { state: status.state });
    }
    const snapshot = session.snapshot();
    if (!given || (given.snapshot === snapshot && given.version === snapshot.version)) return;
    this.given = undefined;
    void connection.sendNotification(Notifications.answersChanged);
  }
}
