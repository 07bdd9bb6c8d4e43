"""The names of a note's fields in other programs: columns, JSON fields, front matter, in many languages."""

import re
import unicodedata
from collections.abc import Mapping

from quart_notes.schemas import COLOURS, NO_COLOUR, NOTE_FLAGS

# Use → names, as `plain` returns them. Of the names for a title, earlier ones are preferred.
NAMES: Mapping[str, str] = {
    **{flag: f"{flag}, is {flag}" for flag in NOTE_FLAGS},
    "colour": "colour, color, farbe, couleur, colore, cor, kleur, kolor, цвет, farg, farge, vari, barva, renk",
    "labels": "labels, label, tags, tag, etiketten, schlagworte, etiquettes,"
    " etiquetas, etichette, etykiety, теги, метки",
    "title": "title, heading, subject, task name, card name, task, titel, ueberschrift, betreff, aufgabe,"
    " titre, tache, sujet, objet, titulo, tarea, asunto, titolo, attivita, oggetto, tarefa, assunto, taak,"
    " onderwerp, tytuł, zadanie, temat, заголовок, задача, тема, назва, tittel, otsikko, nazev, ukol, baslık,"
    " baslik, gorev, タイトル, 件名, 标题, 標題, 제목, name, nom, nombre, nome, naam, nazwa, название, имя, 名前, 名称,"
    " summary, zusammenfassung",
    "text": "description, text, content, body, note, notes, details, card description, comment, comments,"
    " beschreibung, notiz, notizen, inhalt, kommentar, texte, contenu, commentaire, descripcion, texto,"
    " contenido, nota, notas, comentario, descrizione, testo, contenuto, commento, note aggiuntive,"
    " descricao, conteudo, beschrijving, omschrijving, tekst, inhoud, notitie, notities, opis, tresc,"
    " notatka, notatki, описание, текст, содержание, заметка, заметки, примечание, beskrivning, beskrivelse,"
    " innehall, kuvaus, popis, poznamka, acıklama, aciklama, not, 説明, 内容, メモ, 描述, 备注, 備註, 설명, 내용, 메모,"
    " plain text, markdown, desc",
    "link": "url, link, address, website, adresse, lien, enlace, ссылка",
    "done": "done, completed, checked, complete, finished, is done, is completed, is checked, due complete,"
    " closed, status, state, task status, task progress, erledigt, fertig, abgeschlossen, stand, fait,"
    " termine, fini, effectue, statut, etat, hecho, completado, completada, terminado, estado, fatto,"
    " completato, stato, feito, concluido, concluida, gedaan, klaar, voltooid, zrobione, gotowe, ukonczone,"
    " wykonane, готово, выполнено, сделано, завершено, статус, færdig, ferdig, fardig, valmis, hotovo,"
    " tamamlandı, tamamlandi, 完了, 完成, 状态, 완료, checkbox",
    "done_at": "completed at, completed time, completed on, completed date, completion date, date completed,"
    " date done, done at, finished at, closed at, erledigt am, abgeschlossen am, fertiggestellt am, termine"
    " le, completado el, completato il, concluido em, voltooid op, дата завершения",
    "created_at": "created at, created, created time, created on, created date, creation date, date created,"
    " date, create time, created ts, ctime, published, publish date, created timestamp usec, erstellt,"
    " erstellt am, erstellungsdatum, datum, cree, cree le, date de creation, creado, creado el, fecha de"
    " creacion, fecha, creato, creato il, data di creazione, criado, criado em, data de criacao, data,"
    " gemaakt, aangemaakt, utworzono, data utworzenia, создано, дата создания, дата, oprettet, skapad,"
    " opprettet, luotu, vytvoreno, 作成日, 创建时间",
    "updated_at": "updated at, updated, modified, edited, last modified, updated time, last updated, last"
    " edited time, modified at, modified time, date modified, modification date, last edited, update time,"
    " updated ts, mtime, lastmod, last modified time, date last activity, user edited timestamp usec,"
    " geandert, geandert am, aktualisiert, modifie, modifie le, modificado, actualizado, modificato,"
    " aggiornato, atualizado, gewijzigd, zmieniono, zmodyfikowano, изменено, дата изменения, andrad, ændret,"
    " endret, muokattu, zmeneno, 更新日, 修改时间",
    "archived": "archived, is archived, row status, archiviert, archive, archivado, archiviato, arquivado",
    "archived_at": "archived at, archived on, archived date, date archived",
    "origin": "origin",
    "kind": "type",
    "version": "version",
    "by": "created by, updated by, done by",
}
OTHER_COLOURS = {
    "default": NO_COLOUR,
    "cerulean": "blue",
    "dark blue": "blue",
    "darkblue": "blue",
    "gray": "grey",
}  # of Google Keep
YES_WORDS = (
    "true yes y 1 x v t on done complete completed checked closed finished ✓ ✔ ☑ ✅ 🗹 wahr ja erledigt fertig"
    " abgeschlossen vrai oui fait termine verdadero si hecho completado completada terminado vero fatto"
    " completato verdadeiro sim feito concluido concluida waar gedaan voltooid prawda tak zrobione gotowe"
    " истина да готово выполнено завершено sant sann sand tosi kyllä valmis igaz igen pravda ano hotovo dogru"
    " evet tamamlandı tamamlandi adevarat da αληθησ ναι 是 はい 真 完了 完成 已完成 예 참 완료"
)
NO_WORDS = (
    "false no n 0 f off open - todo normal active needsAction falsch nein offen faux non falso nao onwaar nee fałsz"
    " nie ложь нет falskt falsk usann nei nej epatosi ei hamis nem nepravda ne yanlis yanlıs hayır hayir fals"
    " nu ψευδησ οχι 否 いいえ 假 伪 未完了 未完成 아니요 거짓 ☐ ⬜ ✗ ✘ ❌"
)


def plain(name: str) -> str:
    """A name in a normal form: without case, accents, underscores, camelCase and trailing punctuation."""
    spread = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    parts = unicodedata.normalize("NFKD", spread.casefold())
    letters = "".join(letter for letter in parts if not unicodedata.combining(letter))
    words = unicodedata.normalize("NFC", letters)  # composes Hangul and kana again
    return " ".join(re.sub(r"[\s_\-]+", " ", words).strip(" ?:*\"'\ufeff").split())


USES: Mapping[str, str] = {plain(name): use for use, names in NAMES.items() for name in names.split(",")}
TITLES = tuple(map(plain, NAMES["title"].split(",")))
YES, NO = (frozenset(map(plain, words.split())) for words in (YES_WORDS, NO_WORDS))


def use_of(name: str) -> str | None:
    """The use of a value with this name; None when a note has no field for it."""
    return USES.get(plain(name))


def yes_or_no(text: str) -> bool | None:
    """The meaning of a word for yes or no, in many languages; None for other words."""
    word = plain(text)
    return True if word in YES else False if word in NO else None


def colour_of(text: str) -> str | None:
    """The colour that a word names; None for a colour that notes do not have."""
    word = plain(text)
    word = OTHER_COLOURS.get(word, word)
    return word if word in COLOURS else None
