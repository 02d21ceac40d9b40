# Was die Konsole sagt, auf Deutsch. Englisch steht in en.ftl, unter denselben Namen, in derselben Reihenfolge.

### Der Kalender

calendar-months = Januar Februar März April Mai Juni Juli August September Oktober November Dezember
calendar-day = { $day }. { $month } { $year }
calendar-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
calendar-hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
calendar-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tagen
}
calendar-now = gerade eben
calendar-ago = vor { $span }
calendar-in = in { $span }
calendar-never = nie

### Was auf jeder Seite steht

frame-skip = Zum Inhalt
frame-sections = Einstellungen
frame-account = Dein Konto
frame-logout = Abmelden
frame-language = Sprache
frame-form-lost = Dieses Formular kam von keiner Seite, die noch offen ist. Es wurde nichts geändert.
frame-forbidden-title = Nicht für deine Rolle
frame-forbidden = Deiner Rolle fehlt die Berechtigung { $permission }. Ein Admin kann dir eine Rolle geben, die sie hat.
frame-forbidden-next = Dein Konto
frame-search = Suchen
frame-filter = Filtern
frame-save = Speichern
frame-cancel = Abbrechen
frame-back = Zurück
frame-delete = Löschen
frame-newer = Neuere
frame-older = Ältere
frame-previous = Zurück
frame-next = Weiter
frame-page = Seite { $page } von { $pages }
frame-copy = Kopieren
frame-copied = Kopiert
frame-live = Aktualisiert sich selbst
frame-choose-all = Alle auf dieser Seite wählen

nav-users = Benutzer
nav-seats = Plätze
nav-roles = Rollen
nav-teams = Teams
nav-groups = Gruppen
nav-rules = Regeln
nav-provisioning = Bereitstellung
nav-requests = Anfragen
nav-sso = Single Sign-on
nav-webhooks = Webhooks
nav-connector = Connector
nav-health = Zustand
nav-audit = Audit-Log
nav-reviews = Zugriffsprüfung

### Warum etwas nicht getan wurde

trouble-not-found = Das gibt es nicht mehr.
trouble-clash = { $attribute } ist schon vergeben ({ $kind }).
trouble-seats = Kein Platz ist frei: { $plan }, { $used } von { $limit } belegt.
trouble-changed = Es hat sich inzwischen geändert. Sieh noch einmal nach und entscheide dann.
trouble-last-admin = Der letzte aktive Admin eines Workspace kann nicht deaktiviert oder gelöscht werden und keine andere Rolle bekommen. Mach zuerst jemand anderen zum Admin.
trouble-last-protected = Der letzte geschützte Admin eines Workspace kann nicht deaktiviert oder gelöscht werden und keine andere Rolle bekommen. Lege zuerst einen weiteren an.
trouble-forbidden = Das betrifft Berechtigungen, die du selbst nicht hast: { $missing }.
trouble-owned = { $field }: { $detail }. Setze das Häkchen, dass du es so meinst, um es trotzdem zu tun und zu behalten.
trouble-in-use = { $name } wird benutzt ({ $users } Benutzer, { $rules } Regeln). Gib ihnen zuerst etwas anderes.
trouble-enforced = Man muss sich darüber anmelden. Hebe das zuerst auf.
trouble-nobody-came-in = Die Anmeldung über eine Verbindung kann erst verlangt werden, wenn ein Admin einmal über sie hereingekommen ist. Lass einen Admin sich darüber anmelden und versuche es dann noch einmal.
trouble-no-way-back = Die Anmeldung über eine Verbindung kann erst verlangt werden, wenn es einen Weg ohne sie gibt. Lege zuerst einen geschützten Admin mit Passwort an.
trouble-other = Das geht nicht: { $detail }.

### Was mehrere Bereiche sagen

paging-label = Seiten
persons-search = Name oder E-Mail
persons-nobody = Damit wird niemand gefunden.
because-rule = wegen der Gruppe { $group }, Regel mit Priorität { $priority }
because-gone = wegen einer Regel, die es nicht mehr gibt
because-manual = weil sie jemand von Hand gegeben hat
because-default = die Standardrolle: keine Regel gibt eine andere
trouble-name = Ein Name hat 1 bis 100 Zeichen.

### Berechtigungen

permission-on-users = Benutzer
permission-on-roles = Rollen
permission-on-teams = Teams
permission-on-groups = Gruppen
permission-on-rules = Regeln
permission-on-seats = Plätze
permission-on-chat = Konversationen
permission-on-audit = Audit-Log
permission-on-reviews = Zugriffsprüfungen
permission-on-tokens = Tokens
permission-on-keys = API-Schlüssel
permission-on-clients = Programme
permission-on-events = Ereignisse
permission-on-connections = Single Sign-on
permission-on-webhooks = Webhooks
permission-on-connector = Connector
permission-on-health = Zustand
permission-on-log = Anfragen
permission-users-read = Benutzer sehen, ihre Rollen und Teams, und warum sie sie haben
permission-users-write = Benutzer anlegen und ändern, Rollen geben, aktivieren, deaktivieren, Passwörter zurücksetzen
permission-users-delete = Benutzer löschen
permission-roles-read = Rollen sehen, und was sie erlauben
permission-roles-write = Rollen anlegen und ändern
permission-roles-delete = Rollen löschen
permission-teams-read = Teams und ihre Mitglieder sehen
permission-teams-write = Teams anlegen und ändern, Mitglieder aufnehmen und entfernen
permission-teams-delete = Teams löschen
permission-groups-read = Gruppen der Identity-Provider sehen, und wer darin ist
permission-groups-write = Gruppen von Hand anlegen und ändern
permission-groups-delete = Gruppen löschen
permission-rules-read = Regeln sehen, die Gruppen Rollen und Teams geben
permission-rules-write = Regeln anlegen, ändern und löschen
permission-seats-read = Plan und Plätze sehen, und wer auf einen wartet
permission-seats-write = Den Plan ändern, und was an seiner Grenze geschieht
permission-chat-read = Konversationen lesen
permission-chat-write = Nachrichten und Notizen schreiben
permission-chat-assign = Konversationen zuweisen
permission-audit-read = Das Audit-Log lesen, exportieren und prüfen
permission-audit-write = Ändern, wie lange das Audit-Log aufbewahrt wird
permission-reviews-read = Zugriffsprüfungen sehen
permission-reviews-write = Zugriffsprüfungen beginnen, entscheiden und umsetzen
permission-tokens-read = Tokens der Identity-Provider sehen
permission-tokens-write = Tokens für Identity-Provider anlegen und widerrufen
permission-keys-read = API-Schlüssel sehen
permission-keys-write = API-Schlüssel anlegen und widerrufen
permission-clients-read = Programme sehen, bei denen man sich über die Bridge anmeldet
permission-clients-write = Die Anmeldung bei einem Programm über die Bridge erlauben oder beenden
permission-events-read = Verfolgen, was im Workspace geschieht
permission-connections-read = Sehen, wie man sich anmeldet: Verbindungen, Domains, ob es verlangt wird
permission-connections-write = Ändern, wie man sich anmeldet: Verbindungen, Domains, ob es verlangt wird
permission-webhooks-read = Webhooks sehen, und was aus jeder Zustellung wurde
permission-webhooks-write = Webhooks anlegen, ändern und löschen, ihre Geheimnisse erneuern, noch einmal zustellen
permission-connector-read = Sehen, wie der entfernte AIsoule-Workspace steht, und wo er abweicht
permission-connector-write = Einen entfernten AIsoule-Workspace verbinden, vergleichen und angleichen
permission-health-read = Sehen, wie es Bereitstellung und Zustellung geht, und wer feststeckt
permission-log-read = Lesen, was Identity-Provider gefragt und zur Antwort bekommen haben

### Rollen

roles-title = Rollen
roles-new = Neue Rolle
roles-create = Rolle anlegen
roles-intro = Eine Rolle sagt, was man mit ihr darf. Eine Änderung gilt ab dem nächsten Klick.
roles-name = Name
roles-description = Wofür sie ist
roles-people = Aktive Benutzer
roles-permissions = Berechtigungen
roles-permission = Berechtigung
roles-people-of = { $count ->
    [one] { $count } aktiver Benutzer mit der Rolle { $role }
   *[other] { $count } aktive Benutzer mit der Rolle { $role }
}
roles-built-in = eingebaut
roles-default = Standard
roles-what-admin = Darf alles
roles-what-manager = Leitet Teams: sieht alle, ändert Teams, weist Konversationen zu
roles-what-agent = Beantwortet Konversationen
roles-matrix = Was jede Rolle erlaubt
roles-matrix-hint = Öffne eine Rolle, um zu ändern, was sie erlaubt. Eingebaute Rollen bleiben, wie sie sind.
roles-yes = ja
roles-no = nein
roles-held-by = { $count ->
    [one] { $count } Benutzer hat sie
   *[other] { $count } Benutzer haben sie
}
roles-built-in-hint = Diese Rolle ist eingebaut: Sie kann nicht geändert oder gelöscht werden. Lege eine eigene an, wenn du eine andere brauchst.
roles-allows = Was sie erlaubt
roles-own-only = Du kannst nur Berechtigungen geben, die du selbst hast.
roles-default-title = Standardrolle
roles-default-hint = Wer neu ist, bekommt die Standardrolle, wenn keine Regel eine andere gibt. Wer jetzt die Standardrolle hat, bekommt stattdessen diese.
roles-make-default = { $role } zum Standard machen
roles-delete-title = Diese Rolle löschen
roles-delete-default = Sie ist die Standardrolle. Mach zuerst eine andere zum Standard.
roles-delete-in-use = Sie wird benutzt. Gib den Benutzern zuerst eine andere Rolle und ändere diese Regeln:
roles-delete-free = Niemand hat sie, und keine Regel gibt sie.
roles-given-by = Die Regel für die Gruppe
roles-delete = { $role } löschen
roles-done-created = Die Rolle wurde angelegt.
roles-done-saved = Die Rolle wurde gespeichert. Sie gilt ab jetzt.
roles-done-default = Sie ist ab jetzt die Standardrolle.
roles-done-deleted = Die Rolle wurde gelöscht.

### Teams

teams-title = Teams
teams-new = Neues Team
teams-create = Team anlegen
teams-intro = Konversationen werden an Teams verteilt. Regeln nehmen Leute auf, oder du tust es von Hand.
teams-none = Es gibt noch kein Team.
teams-name = Name
teams-description = Wofür es ist
teams-strategy = Wie Konversationen verteilt werden
teams-strategy-hint = Nur an Mitglieder, die aktiv und verfügbar sind.
teams-round-robin = Reihum
teams-load-balanced = An den, der am wenigsten hat
teams-manual = Von Hand
teams-members = Mitglieder
teams-paused = pausiert
teams-has = { $count ->
    [one] { $count } Mitglied
   *[other] { $count } Mitglieder
}
teams-empty = In diesem Team ist niemand.
teams-person = Person
teams-kind = Als
teams-agent = Agent
teams-manager = Manager
teams-why = Warum
teams-by-hand = von Hand aufgenommen
teams-by-group = wegen { $groups }
teams-actions = Was man tun kann
teams-inactive = inaktiv
teams-release = Den Regeln überlassen
teams-remove = Entfernen
teams-overrule-title = { $name } aus diesem Team fernhalten?
teams-overrule = Eine Regel gibt dieses Team einer Gruppe, in der sie sind. Du kannst sie trotzdem fernhalten, bis du es wieder den Regeln überlässt.
teams-keep-out = { $name } fernhalten
teams-add-title = Jemanden aufnehmen
teams-add = Aufnehmen
teams-is-member = ist Mitglied
teams-kept-out = Von Hand ferngehalten
teams-kept-out-hint = Nach einer Regel wären sie in diesem Team; jemand hat anders entschieden.
teams-rules = Regeln, die dieses Team geben
teams-terms = Name und Verteilung
teams-active = An dieses Team werden Konversationen verteilt
teams-delete-title = Dieses Team löschen
teams-delete-hint = Die Mitglieder bleiben, was sie sind; nur das Team verschwindet.
teams-delete-in-use = Regeln geben dieses Team. Ändere sie zuerst.
teams-delete = { $team } löschen
teams-done-created = Das Team wurde angelegt.
teams-done-saved = Das Team wurde gespeichert.
teams-done-added = Sie sind jetzt im Team.
teams-done-removed = Sie sind nicht mehr im Team.
teams-done-released = Es ist wieder den Regeln überlassen.
teams-done-deleted = Das Team wurde gelöscht.

### Gruppen

groups-title = Gruppen
groups-new = Neue Gruppe
groups-new-hint = Gruppen kommen meist von deinem Identity-Provider. Lege eine von Hand an, wo es keinen gibt.
groups-create = Gruppe anlegen
groups-intro = Was dein Identity-Provider schickt. Eine Regel kann allen in einer Gruppe eine Rolle und Teams geben.
groups-search = Name
groups-found = { $count ->
    [one] { $count } Gruppe
   *[other] { $count } Gruppen
}
groups-none = Es gibt noch keine Gruppe. Dein Identity-Provider schickt sie, sobald er verbunden ist.
groups-nothing = Keine Gruppe heißt so.
groups-name = Name
groups-members = Mitglieder
groups-source = Kommt von
groups-rule = Regel
groups-has-rule = Regel mit Priorität { $priority }
groups-no-rule = keine
groups-make-rule = Eine Regel dafür anlegen
groups-pushed-by = { $name } (Bereitstellung)
groups-claimed-by = { $name } (bei der Anmeldung)
groups-made-by = { $name } (von Hand)
groups-unknown-source = unbekannt: älter als das Audit-Log
groups-external-id = Id beim Provider
groups-changed = Zuletzt geändert
groups-has = { $count ->
    [one] { $count } Mitglied
   *[other] { $count } Mitglieder
}
groups-people-in = { $count ->
    [one] { $count } Person in dieser Gruppe
   *[other] { $count } Personen in dieser Gruppe
}
groups-show-all = Alle zeigen, auch über Gruppen darin
groups-show-direct = Nur die eigenen Mitglieder zeigen
groups-empty = In dieser Gruppe ist niemand.
groups-member = Mitglied
groups-role = Rolle
groups-because = Warum
groups-actions = Was man tun kann
groups-is-group = Gruppe
groups-indirect = über eine Gruppe
groups-remove = Entfernen
groups-add-title = Ein Mitglied aufnehmen
groups-search-member = Name oder E-Mail einer Person, oder Name einer Gruppe
groups-add = Aufnehmen
groups-rename-title = Umbenennen
groups-rename = Umbenennen
groups-pushed-hint = Ein Provider pflegt diese Gruppe. Was du von Hand änderst, kann er zurückändern.
groups-bad-name = Der Name einer Gruppe hat 1 bis 100 Zeichen.
groups-delete-title = Diese Gruppe löschen
groups-delete-hint = Die Mitglieder bleiben, was sie sind.
groups-delete-rule = Wer darin ist, verliert die Rolle und die Teams, die die Regel ihretwegen gibt. Die Regel bleibt und findet nie eine andere Gruppe.
groups-delete = { $group } löschen
groups-done-created = Die Gruppe wurde angelegt.
groups-done-renamed = Die Gruppe wurde umbenannt.
groups-done-added = Das Mitglied wurde aufgenommen.
groups-done-removed = Das Mitglied wurde entfernt.
groups-done-deleted = Die Gruppe wurde gelöscht.

### Regeln

rules-title = Regeln
rules-new = Neue Regel
rules-of = Regel für { $group }
rules-create = Regel anlegen
rules-intro = Eine Regel gibt allen in einer Gruppe eine Rolle, Teams oder beides. Wenn mehrere eine Rolle geben, entscheidet die mit der höchsten Priorität. Eine von Hand gegebene Rolle bleibt.
rules-none = Es gibt noch keine Regel: Alle haben die Standardrolle oder die, die ihnen jemand von Hand gegeben hat.
rules-order-hint = Die höchste Zahl entscheidet zuerst. Zieh eine Zeile oder gib Zahlen ein.
rules-priority = Priorität
rules-priority-of = Priorität der Regel für { $group }
rules-priority-hint = Die höchste Zahl entscheidet zuerst.
rules-group = Gruppe
rules-group-hint = Der Name einer Gruppe. Wenn noch keine so heißt, wartet die Regel auf die erste, die kommt.
rules-to-group = Gruppe öffnen
rules-waits = wartet auf ihre Gruppe
rules-waits-hint = Sie wartet auf die erste Gruppe dieses Namens.
rules-role = Rolle
rules-no-role = keine Rolle
rules-teams = Teams
rules-not-in = nicht darin
rules-admin-meant = Wenn die Rolle Admin ist: Alle in der Gruppe sollen Admin werden
rules-admin-unsaid = Damit werden alle in der Gruppe Admin. Setze das Häkchen, dass das so gemeint ist.
rules-gives-nothing = Eine Regel gibt eine Rolle, Teams oder beides. Wähle mindestens eins.
rules-several = Mehrere Gruppen heißen so. Öffne die gemeinte unter Gruppen und lege die Regel von dort aus an.
rules-no-group = Diese Gruppe gibt es nicht, oder der Name kann keiner sein.
rules-clash = Für diese Gruppe gibt es schon eine Regel. Ändere diese.
rules-bad-priority = Eine Priorität ist eine ganze Zahl.
rules-look = Sehen, wer sich ändern würde
rules-look-deletion = Sehen, wer sich ohne sie ändern würde
rules-look-title = Wer sich ändern würde
rules-look-new = Alle in der Gruppe { $group } bekämen: { $role }.
rules-look-ahead = Eine Gruppe { $group } gibt es noch nicht. Wer in sie kommt, bekäme: { $role }.
rules-look-order = Die Regeln würden in anderer Reihenfolge entscheiden.
rules-look-delete = Die Regel für die Gruppe { $group } wäre weg.
rules-look-count = { $count ->
    [one] { $count } Person ändert sich.
   *[other] { $count } Personen ändern sich.
}
rules-look-unsaved = Noch ist nichts gespeichert.
rules-look-move = { $count ->
    [one] { $count } Person: aus { $old } wird { $new }
   *[other] { $count } Personen: aus { $old } wird { $new }
}
rules-look-rest = { $count ->
    [one] Und { $count } weitere Person.
   *[other] Und { $count } weitere Personen.
}
rules-look-person = Person
rules-look-role = Rolle
rules-look-becomes = wird
rules-look-same = bleibt
rules-look-teams = Teams
rules-look-joins = kommt in { $team }
rules-look-leaves = verlässt { $team }
rules-look-why = Warum
rules-look-back = Weiter bearbeiten
rules-save-order = Reihenfolge speichern
rules-people = Wer in der Gruppe ist, und warum sie ihre Rolle haben
rules-delete = Regel löschen
rules-delete-title = Diese Regel löschen
rules-delete-hint = Wer ihretwegen eine Rolle oder ein Team hat, bekommt, was die anderen Regeln geben.
rules-done-created = Die Regel wurde angelegt und wirkt.
rules-done-saved = Die Regel wurde gespeichert und wirkt.
rules-done-deleted = Die Regel wurde gelöscht.
rules-done-ordered = Die Reihenfolge wurde gespeichert und wirkt.

### Audit-Log

audit-title = Audit-Log
audit-intro = Wer was wann und von wo getan hat, und wie es vorher war. Kein Eintrag kann unbemerkt geändert oder entfernt werden.
audit-actor = Wer
audit-action = Aktion
audit-subject = Über wen oder was
audit-from = Von (UTC)
audit-to = Bis (UTC)
audit-clear = Alles zeigen
audit-export = Exportieren, was dieser Filter zeigt:
audit-nothing = Kein Eintrag passt.
audit-bad-day = Dieser Tag ist nicht lesbar. Schreib ihn als 2026-11-26.
audit-address = von { $address }
audit-number = Eintrag { $number }
audit-request = Anfrage
audit-values = { $count ->
    [one] { $count } Wert
   *[other] { $count } Werte
}
audit-value = Wert
audit-old = Vorher
audit-new = Nachher
audit-yes = ja
audit-no = nein
audit-kind-token = Bereitstellungs-Token
audit-kind-client = OAuth-Client
audit-kind-user = Person
audit-kind-key = API-Schlüssel
audit-kind-system = von selbst
audit-kind-operator = Kommandozeile
audit-kind-connection = Anmeldung
audit-proof = Nachweis und Aufbewahrung
audit-whole-title = Ist das Log vollständig?
audit-whole-hint = Jeder Eintrag ist zusammen mit dem vorigen versiegelt. Die Prüfung geht alle durch und findet jeden, der geändert, hinzugefügt oder entfernt wurde.
audit-verify = Jetzt prüfen
audit-verify-again = Noch einmal prüfen
audit-is-whole = { $count ->
    [one] Das Log ist vollständig: { $count } Eintrag, wie er geschrieben wurde.
   *[other] Das Log ist vollständig: { $count } Einträge, jeder wie er geschrieben wurde.
}
audit-since = Der erste ist vom { $at }.
audit-pruned = Einträge bis Nummer { $number } sind weg, weil ihre Zeit um war; ein versiegelter Eintrag sagt es.
audit-head = Das letzte Siegel. Notiere es anderswo und erkenne das Log daran wieder:
audit-is-broken = Das Log ist nicht vollständig: { $detail }. Bewahre eine Kopie der Datenbank auf und finde heraus, wer Zugriff auf sie hatte.
audit-keep-title = Wie lange Einträge aufbewahrt werden
audit-keep-hint = Ältere Einträge werden stündlich entfernt; was bleibt, kann weiter geprüft werden.
audit-keep = Einträge aufbewahren
audit-keep-all = für immer
audit-keep-some = eine Anzahl von Tagen
audit-days = Tage
audit-bad-days = So viele Tage kann das Log nicht aufbewahrt werden (1 bis 36.500).
audit-done-kept = Gespeichert: So lange werden Einträge ab jetzt aufbewahrt.

### Zugriffsprüfung

reviews-title = Zugriffsprüfung
reviews-intro = Einmal im Quartal sieht jemand nach, wer warum Zugriff hat, entscheidet über jeden und bewahrt das Ergebnis als Nachweis auf.
reviews-none = Es gab noch keine Prüfung.
reviews-name = Name
reviews-name-hint = Wie man sie nennt: Herbst 2026.
reviews-as-of = Stand vom
reviews-as-of-hint = Leer: wie es jetzt steht.
reviews-due = Fertig bis
reviews-due-hint = Leer: ohne Frist.
reviews-progress = Fortschritt
reviews-open = offen
reviews-closed = abgeschlossen
reviews-by = begonnen von { $name }
reviews-decided-of = { $decided } von { $people } entschieden
reviews-counts = Behalten ihren Zugriff: { $kept }. Verlieren ihn: { $removed }, davon schon geschehen: { $applied }.
reviews-start-title = Eine Prüfung beginnen
reviews-start-hint = Sie zeigt alle, die Zugriff haben, und warum. Niemand verliert etwas, bevor du es am Ende sagst.
reviews-start = Prüfung beginnen
reviews-future = Dieser Tag liegt in der Zukunft.
reviews-too-early = So weit reicht das Audit-Log nicht zurück.
reviews-shows = Sie zeigt den Zugriff vom { $at }.
reviews-until = Fertig bis { $at }.
reviews-people = Personen
reviews-which = Welche Personen
reviews-which-undecided = Unentschieden
reviews-which-all = Alle
reviews-which-admins = Admins
reviews-which-dormant = Seit 90 Tagen nicht da
reviews-which-unexplained = Keine Gruppe erklärt es
reviews-which-deactivate = Verlieren den Zugriff
reviews-which-keep = Behalten ihn
reviews-found = { $count ->
    [one] { $count } Person
   *[other] { $count } Personen
}
reviews-all-decided = Alles ist entschieden. Sieh nach, was geschehen wird.
reviews-nobody = Hier ist niemand.
reviews-last-login = zuletzt angemeldet { $ago }
reviews-never-logged-in = nie angemeldet
reviews-flag-protected = geschütztes Konto
reviews-flag-admin = Admin
reviews-flag-never = nie angemeldet
reviews-flag-dormant = seit 90 Tagen nicht da
reviews-flag-unexplained = keine Gruppe erklärt es
reviews-suggest-keep = Vorschlag: behalten
reviews-suggest-remove = Vorschlag: entziehen
reviews-suggest-look = Genau hinsehen: Du weißt es am besten
reviews-decided = Entschieden von { $by }, { $at }
reviews-keep = Behalten
reviews-remove = Entziehen
reviews-later = Noch nicht
reviews-note = Notiz
reviews-save = Speichern und weiter
reviews-keep-rest = Speichern und alle anderen auf dieser Seite behalten
reviews-to-summary = Was geschehen wird
reviews-summary = Was geschehen wird
reviews-summary-of = { $name }: was geschehen wird
reviews-still-undecided = { $count ->
    [one] Über { $count } Person ist noch nichts entschieden.
   *[other] Über { $count } Personen ist noch nichts entschieden.
}
reviews-go-on = Weiter entscheiden
reviews-will-go = { $count ->
    [one] { $count } Person wird deaktiviert: sofort überall abgemeldet, und ihr Platz wird frei.
   *[other] { $count } Personen werden deaktiviert: sofort überall abgemeldet, und ihre Plätze werden frei.
}
reviews-conversations = { $count ->
    [one] { $count } Konversation ist dann niemandem zugewiesen.
   *[other] { $count } Konversationen sind dann niemandem zugewiesen.
}
reviews-everybody-else = Alle anderen behalten, was sie haben. Wer deaktiviert ist, kann wieder aktiviert werden.
reviews-nothing-to-do = Es ist nichts mehr zu tun. Schließe die Prüfung ab, um sie als Nachweis aufzubewahren.
reviews-person = Person
reviews-role = Rolle
reviews-outcome = Ergebnis
reviews-outcome-waits = steht aus
reviews-outcome-deactivated = deaktiviert
reviews-outcome-deleted = wurde inzwischen gelöscht
reviews-outcome-refused = Nicht möglich: { $detail }
reviews-refused = { $count ->
    [one] { $count } Entscheidung konnte nicht umgesetzt werden. Der Grund steht bei der Person; entscheide anders, oder behebe ihn und versuche es noch einmal.
   *[other] { $count } Entscheidungen konnten nicht umgesetzt werden. Der Grund steht bei jeder Person; entscheide anders, oder behebe ihn und versuche es noch einmal.
}
reviews-apply = { $count ->
    [one] { $count } Person jetzt deaktivieren
   *[other] { $count } Personen jetzt deaktivieren
}
reviews-close = Prüfung abschließen
reviews-export = Als Nachweis exportieren:
reviews-is-closed = Diese Prüfung ist abgeschlossen: Sie bleibt, wie sie ist.
reviews-not-yet = Die Prüfung kann abgeschlossen werden, wenn alles entschieden und umgesetzt ist.
reviews-is-done = Was über eine dieser Personen entschieden wurde, ist schon umgesetzt.
reviews-done-started = Die Prüfung hat begonnen.
reviews-done-decided = Gespeichert.
reviews-done-applied = Erledigt: Was entschieden wurde, gilt.
reviews-done-closed = Die Prüfung ist abgeschlossen.
