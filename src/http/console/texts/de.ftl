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

### Benutzer

users-new = Neuer Benutzer
users-search-label = Personen finden
users-search-hint = Name oder E-Mail
users-any = Alle
users-all = Alle zeigen
users-found = { $count ->
    [one] 1 Person
   *[other] { $count } Personen
}
users-found-more = Mehr als { $count } Personen
users-page = Seite { $page }
users-none = Niemand passt dazu. Ändere die Suche oder die Filter.
users-name = Name
users-full-name = Vollständiger Name
users-email = E-Mail
users-role = Rolle
users-team = Team
users-teams = Teams
users-status = Status
users-last-login = Letzte Anmeldung
users-protected = Geschützt
users-you = Du
users-status-active = Aktiv
users-status-inactive = Inaktiv
users-status-waiting = Wartet auf einen Platz
users-choose = { $name } wählen
users-chosen = Mit allen, die du angehakt hast
users-chosen-hint = Noch passiert nichts: Die nächste Seite sagt, was es für jede Person bedeutet.
users-activate = Aktivieren
users-deactivate = Deaktivieren
users-new-role = Neue Rolle
users-give-role = Rolle ändern
users-pages = Seiten der Liste

users-create = Benutzer anlegen
users-full-name-hint = So sehen es die anderen. Ein sprechender Name hilft allen.
users-email-hint = Damit melden sie sich an. Niemand sonst hier kann sie haben.
users-initial-password = Passwort (für den Anfang)
users-initial-password-hint = Mindestens { $count } Zeichen. Bei der ersten Anmeldung wählen sie ihr eigenes.
users-initial-password-mail = Bleibt es leer, bekommen sie eine Mail mit einem Link, um eines zu wählen, oder melden sich über deine Firma an.
users-initial-password-no-mail = Von hier gehen keine Mails aus. Bleibt es leer, können sie sich nur über deine Firma anmelden.
users-new-role-hint = Nicht alle müssen Admin sein. Eine andere Rolle als die Standardrolle ist festgelegt: Keine Regel ändert sie.
users-no-welcome = Keine Begrüßungsmail schreiben
users-make-protected = Geschütztes Konto
users-protected-hint = Für Notfälle: Kein Identitätsanbieter kann es sehen, ändern oder deaktivieren, und es meldet sich immer mit seinem Passwort an.
users-wrong-name = Gib einen vollständigen Namen aus 1 bis 100 druckbaren Zeichen ein.
users-wrong-email = Das ist keine E-Mail-Adresse.
users-wrong-taken = Jemand hier hat diese E-Mail schon.
users-owned-name = Der Identitätsanbieter legt den Namen dieser Person fest. Setze das Häkchen unten, um ihn trotzdem zu setzen und zu behalten.
users-owned-email = Der Identitätsanbieter legt die E-Mail dieser Person fest. Setze das Häkchen unten, um sie trotzdem zu setzen und zu behalten.
users-owned-active = Beim Identitätsanbieter ist diese Person inaktiv. Setze das Häkchen unten, um sie trotzdem zu aktivieren.
users-owned-user = Der Identitätsanbieter führt diese Person und würde sie neu anlegen. Setze das Häkchen unten, um sie trotzdem zu löschen.
users-owned-team = Eine Regel gibt dieses Team einer Gruppe, in der die Person ist. Setze das Häkchen beim Team, um sie trotzdem fernzuhalten.
users-wrong-role = Wähle eine Rolle dieses Workspace.
users-password-short = Wähle ein Passwort aus mindestens { $count } Zeichen.
users-password-long = Wähle ein Passwort aus höchstens { $count } Bytes.
users-password-easy = Dieses Passwort ist zu leicht zu erraten: Es ist verbreitet, ein Muster oder aus ihrem Namen oder ihrer Adresse gemacht. Ein paar Wörter, die nichts miteinander zu tun haben, sind ein gutes.
users-seats-now = { $used } von { $limit } Plätzen sind belegt.

users-done-created = Der Benutzer ist angelegt.
users-done-queued = Der Benutzer ist angelegt und wartet auf einen Platz: Alle sind belegt.
users-done-edited = Die Änderungen sind gespeichert und gelten sofort.
users-done-activated = Wieder aktiv: Die Anmeldung ist möglich.
users-done-parked = Wartet auf einen Platz: Wird von selbst aktiv, sobald einer frei ist.
users-done-deactivated = Deaktiviert: Überall abgemeldet, und alles von ihnen bleibt erhalten.
users-done-deleted = Der Benutzer ist gelöscht.
users-done-password = Das neue Passwort ist gesetzt. Bei der nächsten Anmeldung wählen sie ihr eigenes.
users-done-factor = Der zweite Faktor ist entfernt.
users-done-session = Die Sitzung ist beendet.
users-done-sessions = Die Sitzungen sind beendet.
users-done-released = Es ist zurückgegeben.
users-done-pinned = Die Rolle ist festgelegt: Keine Regel ändert sie.
users-done-joined = Im Team aufgenommen.
users-done-left = Aus dem Team genommen.

users-facts = Auf einen Blick
users-way = Anmeldung
users-way-both = Mit { $connection } oder einem Passwort
users-way-sso = Nur mit { $connection }
users-way-password = Mit einem Passwort
users-way-no-password = Mit einem Passwort, aber es ist noch keines gesetzt
users-way-none = Gar nicht: Die Anmeldung über die Firma ist vorgeschrieben, und keine Verbindung bedient ihre Adresse
users-conversations = Konversationen
users-conversations-count = { $count ->
    [one] 1 zugewiesen
   *[other] { $count } zugewiesen
}
users-available = Nimmt gerade Konversationen an
users-made = Angelegt
users-external-id = Kennung beim Identitätsanbieter
users-yes = Ja
users-no = Nein
users-nothing = nichts
users-acts = Was du tun kannst
users-edit = Bearbeiten
users-reset-password = Passwort zurücksetzen
users-delete = Löschen
users-factor-on = Ein zweiter Faktor wird verlangt
users-factor-off = Kein zweiter Faktor ist eingerichtet.
users-factor-hint = Entferne ihn, wenn ihr Telefon weg ist und du sicher bist, dass sie es sind, die darum bitten. Sie können einen neuen einrichten.
users-factor-remove = Zweiten Faktor entfernen

users-why = Wer was festlegt, und warum
users-field = Feld
users-value = Jetzt
users-kept = Festgelegt von
users-kept-provider = Der Identitätsanbieter legt es fest.
users-kept-here = Niemand außer euch: Es wird hier von Hand geändert.
users-kept-pin = Von Hand gesetzt von { $by }, { $at }; kein Abgleich ändert es. Der Identitätsanbieter sagt: { $provider }
users-kept-hold = Von Hand deaktiviert von { $by }, { $at }.
users-kept-hold-active = Von Hand deaktiviert von { $by }, { $at }. Beim Identitätsanbieter ist die Person aktiv.
users-kept-hold-inactive = Von Hand deaktiviert von { $by }, { $at }. Auch beim Identitätsanbieter ist die Person inaktiv.
users-kept-waiting = Wird von selbst aktiv, sobald ein Platz frei ist; eingereiht { $since }.
users-release = Dem Anbieter zurückgeben
users-release-role = Die Regeln entscheiden lassen
users-pin-role = Diese Rolle behalten
users-why-manual = Von Hand gesetzt und festgelegt: Keine Regel ändert sie.
users-why-protected = Von Hand gesetzt, wie bei jedem geschützten Konto.
users-why-no-rule = Die Standardrolle: Keine Regel betrifft die Person.
users-why-no-role = Die Standardrolle: Keine Regel ihrer Gruppen gibt eine Rolle.
users-why-rule = Weil sie in der Gruppe { $group } sind: Die Regel mit Priorität { $priority } gibt sie.
users-why-some-rule = Wegen einer Regel.
users-rules = Regeln, die sie betreffen
users-rule = Gruppe { $group }, Priorität { $priority }: { $role }
users-rule-decides = Gruppe { $group }, Priorität { $priority }: { $role }. Diese entscheidet.
users-rule-no-role = keine Rolle, nur Teams
users-groups-none = In keiner Gruppe.

users-teams-none = In keinem Team.
users-team-agent = Agent
users-team-manager = Manager
users-team-out = ferngehalten
users-team-as = Als
users-team-add = Ins Team aufnehmen
users-team-remove = Herausnehmen
users-team-overrule = Fernhalten, obwohl eine Regel anderes sagt
users-team-release = Die Regeln entscheiden lassen
users-team-hand = Von Hand aufgenommen.
users-team-hand-too = Von Hand aufgenommen; auch eine Regel gäbe es, wegen { $groups }.
users-team-rule = Durch eine Regel, wegen { $groups }.
users-team-kept-out = Von Hand ferngehalten, obwohl eine Regel sie wegen { $groups } aufnähme.

users-sessions = Wo sie angemeldet sind
users-sessions-none = Nirgends.
users-session = Angemeldet { $door } von { $address }, { $began }; zuletzt benutzt { $used }
users-session-this = dieser Browser
users-session-end = Beenden
users-sessions-end-all = Alle Sitzungen beenden
users-sessions-end-others = Alle meine anderen Sitzungen beenden
users-door-password = mit Passwort
users-door-link = über einen Link in einer Mail
users-door-sso = über die Firma
users-browser = { $name } auf { $system }
users-browser-unknown = Unbekannter Browser

users-edit-title = { $name } bearbeiten
users-role-at-once = Eine andere Rolle gilt sofort, ohne neue Anmeldung, und ist festgelegt.
users-overrule = Ich meine es so, obwohl der Identitätsanbieter anderes sagt
users-overrule-hint = Name und E-Mail, die du eingibst, gelten dann, und kein Abgleich ändert sie, bis du sie zurückgibst.
users-overrule-active = Beim Identitätsanbieter ist die Person inaktiv. Deine Aktivierung gilt bis zu seinem nächsten Wort.
users-overrule-delete = Der Identitätsanbieter führt diese Person und würde sie neu anlegen. Deaktiviere sie lieber, oder nimm sie dort heraus.

users-what-happens = Was passieren wird
users-deactivate-title = { $name } deaktivieren?
users-deactivate-one = { $name } deaktivieren
users-deactivate-already = Die Person ist schon inaktiv.
users-fate-oneself = Das bist du: Du wirst abgemeldet.
users-fate-login = Die Anmeldung ist nicht mehr möglich.
users-fate-login-all = Niemand von ihnen kann sich mehr anmelden. Alles von ihnen bleibt erhalten.
users-fate-conversations = { $count ->
    [0] Keine Konversation ist zugewiesen.
    [one] 1 Konversation ist danach niemandem zugewiesen.
   *[other] { $count } Konversationen sind danach niemandem zugewiesen.
}
users-fate-sessions = { $count ->
    [0] Gerade ist niemand angemeldet: Keine Sitzung endet.
    [one] 1 Sitzung endet sofort.
   *[other] { $count } Sitzungen enden sofort.
}
users-fate-keys = { $count ->
    [one] 1 API-Schlüssel, der für sie handelt, wird widerrufen: { $names }
   *[other] { $count } API-Schlüssel, die für sie handeln, werden widerrufen: { $names }
}
users-fate-seat = Ihr Platz wird frei: { $used } von { $limit } sind dann belegt.
users-fate-seat-given = Ihr Platz wird frei.
users-fate-no-seat = Sie haben keinen Platz; sie verlassen die Warteschlange.
users-fate-promoted = { $count ->
    [one] { $names } wartet auf einen Platz und bekommt ihn.
   *[other] { $names } warten auf Plätze und bekommen sie.
}
users-fate-kept = Alles von ihnen bleibt erhalten: Nachrichten, Notizen, Teams und ihr Passwort. Du kannst sie wieder aktivieren.
users-fate-provider = Der Identitätsanbieter erfährt es nicht. Er kann sie nicht wieder aktivieren; du kannst es.
users-fate-return = Die Anmeldung ist wieder möglich, mit denselben Zugangsdaten wie vorher.
users-fate-role = Die neue Rolle gilt sofort, ohne neue Anmeldung, und ist festgelegt: Keine Regel ändert sie.
users-activate-title = { $name } aktivieren?
users-activate-one = { $name } aktivieren
users-seat-free = { $count ->
    [one] 1 ist frei und wird belegt.
   *[other] { $count } sind frei; einer wird belegt.
}
users-seat-overage = Keiner ist frei: Sie kommen über den Plan hinaus hinein, und die Admins erfahren es.
users-seat-wait = Keiner ist frei: Sie warten und werden der Reihe nach von selbst aktiv, sobald einer frei ist.
users-seat-refuse = Keiner ist frei, und die Regelung lehnt ab. Deaktiviere zuerst jemand anderen oder ändere den Plan.
users-to-seats = Zu den Plätzen
users-delete-title = { $name } löschen?
users-delete-one = { $name } endgültig löschen
users-delete-gone = Sie verschwinden aus der Liste und können nicht zurückgeholt werden. Ihre E-Mail ist frei für jemand anderen, der nichts erbt.
users-delete-kept = Was sie geschrieben haben und das Audit-Log bleiben erhalten.
users-delete-rather = Deaktivieren macht den Platz auch frei und erhält mehr.
users-deactivate-instead = Stattdessen deaktivieren
users-password-title = Passwort von { $name } zurücksetzen
users-password-next = Damit melden sie sich das nächste Mal an und wählen dann ihr eigenes.
users-password-told = Sie erfahren per Mail, dass ihr Passwort geändert wurde, wo Mails ausgehen. Das neue sagst du ihnen selbst.
users-password-no-use = Sie müssen sich über die Firma anmelden: Ein Passwort nützt ihnen jetzt nichts.
users-new-password = Neues Passwort
users-password-hint = Mindestens { $count } Zeichen und nicht leicht zu erraten.
users-password-set = Neues Passwort setzen

users-bulk-activate = { $count ->
    [one] 1 Person aktivieren?
   *[other] { $count } Personen aktivieren?
}
users-bulk-activate-button = { $count ->
    [one] 1 Person aktivieren
   *[other] { $count } Personen aktivieren
}
users-bulk-deactivate = { $count ->
    [one] 1 Person deaktivieren?
   *[other] { $count } Personen deaktivieren?
}
users-bulk-deactivate-button = { $count ->
    [one] 1 Person deaktivieren
   *[other] { $count } Personen deaktivieren
}
users-bulk-give-role = { $count ->
    [one] 1 Person die Rolle { $role } geben?
   *[other] { $count } Personen die Rolle { $role } geben?
}
users-bulk-give-role-button = { $count ->
    [one] 1 Person die Rolle { $role } geben
   *[other] { $count } Personen die Rolle { $role } geben
}
users-bulk-active = Die Person ist schon aktiv.
users-bulk-waiting = Die Person wartet schon auf einen Platz.
users-bulk-inactive = Die Person ist schon inaktiv.
users-bulk-role = Die Person hat diese Rolle schon.
users-bulk-returns = Die Anmeldung ist wieder möglich.
users-bulk-role-from = { $old } wird { $new }
users-bulk-kept = Der Identitätsanbieter sagt anderes: nur mit dem Häkchen unten.
users-bulk-not = Wird nicht getan
users-bulk-left-out = { $count ->
    [one] 1 Person bleibt außen vor; daneben steht, warum.
   *[other] { $count } Personen bleiben außen vor; daneben steht, warum.
}
users-bulk-frees = { $count ->
    [0] Kein Platz wird frei.
    [one] 1 Platz wird frei.
   *[other] { $count } Plätze werden frei.
}
users-bulk-needs = { $count ->
    [one] 1 Platz wird gebraucht; frei: { $free }.
   *[other] { $count } Plätze werden gebraucht; frei: { $free }.
}
users-bulk-refuses = { $count ->
    [one] 1 Person wird abgelehnt.
   *[other] { $count } Personen werden abgelehnt.
}
users-bulk-parks = { $count ->
    [one] 1 Person wird auf einen Platz warten.
   *[other] { $count } Personen werden auf einen Platz warten.
}
users-bulk-exceeds = { $count ->
    [one] 1 Person kommt über den Plan hinaus hinein.
   *[other] { $count } Personen kommen über den Plan hinaus hinein.
}
users-bulk-busy = Die Datenbank hat nicht rechtzeitig geantwortet; versuche es noch einmal.
users-bulk-result = Was getan wurde
users-bulk-did-activate = { $count ->
    [0] Niemand wurde aktiviert.
    [one] 1 Person wurde aktiviert.
   *[other] { $count } Personen wurden aktiviert.
}
users-bulk-did-deactivate = { $count ->
    [0] Niemand wurde deaktiviert.
    [one] 1 Person wurde deaktiviert.
   *[other] { $count } Personen wurden deaktiviert.
}
users-bulk-did-role = { $count ->
    [0] Niemand hat die Rolle { $role } bekommen.
    [one] 1 Person hat jetzt die Rolle { $role }.
   *[other] { $count } Personen haben jetzt die Rolle { $role }.
}
users-bulk-not-done = { $count ->
    [one] Für 1 Person wurde es nicht getan.
   *[other] Für { $count } Personen wurde es nicht getan.
}
users-bulk-refused = Nicht getan
users-bulk-done = Getan
users-back-to-list = Zurück zur Liste

users-story = Die Geschichte
users-story-none = Noch ist nichts passiert.
users-story-pages = Seiten der Geschichte
users-story-refused = Abgelehnt
users-story-why = Warum
users-story-joined = Neue Teams
users-story-left = Verlassene Teams
users-story-user-created = Angelegt
users-story-user-updated = Geändert
users-story-user-noted = Notiert, was der Anbieter sagt
users-story-user-activated = Aktiviert
users-story-user-deactivated = Deaktiviert
users-story-user-parked = In die Warteschlange für einen Platz gestellt
users-story-user-deleted = Gelöscht
users-story-user-role-changed = Rolle geändert
users-story-user-team-changed = Teams geändert
users-story-user-password-changed = Passwort geändert
users-story-user-password-reset = Passwort zurückgesetzt
users-story-user-password-removed = Passwort entfernt
users-story-user-reset-requested = Link zum Wählen eines Passworts angefordert
users-story-password-link-issued = Link zum Wählen eines Passworts bekommen
users-story-identity-linked = Mit einem Konto der Firma verknüpft
users-story-identity-unlinked = Nicht mehr mit einem Konto der Firma verknüpft
users-story-identity-claims = Die Firma hat Neues gesagt
users-story-second-factor-added = Zweiter Faktor eingerichtet
users-story-second-factor-removed = Zweiter Faktor entfernt
users-story-second-factor-recovery-used = Wiederherstellungscode benutzt
users-actor-user = von Hand
users-actor-token = Identitätsanbieter
users-actor-client = Programm des Identitätsanbieters
users-actor-key = API-Schlüssel
users-actor-operator = Kommandozeile
users-actor-system = die Brücke selbst
users-actor-visitor = jemand auf der Anmeldeseite
users-actor-connection = Single Sign-on
users-field-username = userName
users-field-standing = Status
users-field-role = Rolle
users-field-rolesource = Rolle entschieden durch
users-field-displayname = Anzeigename
users-field-emails = E-Mails
users-field-name = Name
users-field-pins = Von Hand gehalten
users-field-provisioned = Vom Identitätsanbieter geführt
users-field-manager = Berichtet an
users-field-title = Stelle
users-field-department = Abteilung
users-field-externalid = Kennung beim Identitätsanbieter
users-field-expires-at = Gültig bis
users-field-purpose = Wozu
users-source-default = niemanden: die Standardrolle
users-source-rule = eine Regel
users-source-manual = Hand

### Plätze

seats-gauge = { $used } von { $limit } Plätzen belegt
seats-warning-most = Vier Fünftel der Plätze sind belegt. Bald passt niemand Neues mehr hinein.
seats-warning-all = Alle Plätze sind belegt.
seats-warning-beyond = Es sind mehr Personen aktiv, als es Plätze gibt. Niemand verliert seinen; aber niemand Neues bekommt einen.
seats-next-free = { $count ->
    [one] 1 Platz ist frei.
   *[other] { $count } Plätze sind frei.
}
seats-next-reject = Keiner ist frei: Die nächste Person wird abgelehnt.
seats-next-park = Keiner ist frei: Die nächste Person wartet und kommt hinein, sobald ein Platz frei wird.
seats-next-overage = Keiner ist frei: Die nächste Person kommt über den Plan hinaus hinein.
seats-next-waiting = { $count ->
    [one] 1 Person wartet.
   *[other] { $count } Personen warten.
}
seats-next-beyond = { $count ->
    [one] Das ist 1 mehr, als es gibt.
   *[other] Das sind { $count } mehr, als es gibt.
}
seats-queue = Wer auf einen Platz wartet
seats-queue-empty = Niemand.
seats-queue-count = { $count ->
    [one] 1 Person, die nächste zuerst:
   *[other] { $count } Personen, die nächste zuerst:
}
seats-queue-since = eingereiht { $since }
seats-queue-all = Alle zeigen, die warten
seats-terms = Plan und Grenze
seats-plan = Plan
seats-plan-label = { $count ->
    [one] { $plan } (1 Platz)
   *[other] { $plan } ({ $count } Plätze)
}
seats-own = Eigene Zahl von Plätzen
seats-own-hint = Statt der des Plans. Bleibt sie leer, gilt, was der Plan hat.
seats-wrong-number = Gib eine ganze Zahl von Plätzen von 0 bis 10.000.000 ein, oder lass es leer.
seats-policy = An der Grenze
seats-policy-reject = Ablehnen
seats-policy-reject-hint = Wer über die Grenze hinaus aktiv werden soll, wird abgelehnt, und der Identitätsanbieter erfährt, warum.
seats-policy-park = Warten lassen
seats-policy-park-hint = Sie werden inaktiv und wartend gehalten und der Reihe nach von selbst aktiv, sobald ein Platz frei wird.
seats-policy-overage = Hereinlassen
seats-policy-overage-hint = Sie kommen über den Plan hinaus hinein; es wird vermerkt, und die Admins erfahren es.
seats-no-eviction = Ein kleinerer Plan nimmt niemandem den Platz: Er hält Neue fern. Ein größerer lässt herein, wer wartet.
seats-done-saved = Gespeichert. Es gilt sofort.
seats-history = Die letzten 90 Tage
seats-chart = Belegte Plätze je Tag, höchstens; am meisten waren es { $most }. Bekannte Tage: { $days } von { $count }.
seats-used = Belegt
seats-waiting = Wartend
seats-limit = Plätze insgesamt
seats-day = Tag
seats-as-table = Als Tabelle zeigen
