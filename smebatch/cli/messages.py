"""What the command line says, in Chinese and English; SMEBATCH_LANG, else the locale, chooses."""

from __future__ import annotations

import locale
import os

_MESSAGES: dict[str, tuple[str, str]] = {
    # --- help
    "help.app": (
        "批量处理《中小企业数字化水平评测指标》：发表、收表、出报告。",
        "Batch processing for 《中小企业数字化水平评测指标》: forms out, returns in, a district report out.",
    ),
    "help.template": (
        "生成空白评测表；给出企业名单时，为每家企业生成一份预填好的表。",
        "Write the blank form, or one pre-filled form for each enterprise of a roster.",
    ),
    "help.sample": (
        "生成若干份虚构的回表，供试用；约十分之一带有常见填报错误。",
        "Write made-up returns to try things out; about one in ten has a fault people make.",
    ),
    "help.check": (
        "检查单份回表：结论、问题和逐题得分。发现错误时退出码为 1。",
        "Check returns: verdict, issues, and the score with its working. Exit status 1 on errors.",
    ),
    "help.ingest": (
        "读取一个文件夹的回表：校验、评分、入库。只读新增和改动过的文件。",
        "Read a folder of returns into a batch: validate, score, store. Only new and changed files are read.",
    ),
    "help.report": ("由批次生成区域汇总工作簿。", "Write the regional summary workbook of a batch."),
    "help.export": ("导出批次数据（文件、答案、得分、问题）。", "Export a batch's files, answers, scores and issues."),
    "help.run": (
        "一步完成：读取文件夹，并在输出目录生成汇总报告。",
        "Ingest a folder, then report: OUT/summary.xlsx, OUT/batch.duckdb, OUT/returned/.",
    ),
    "help.edition": ("查看或检查评测指标版本文件。", "Show or check an edition of the standard."),
    "help.edition.show": ("以表格列出一个版本的全部内容。", "Print an edition as tables."),
    "help.edition.check": ("检查一个版本文件是否完整自洽。", "Check whether an edition file is sound."),
    "opt.output": ("输出文件", "file to write"),
    "opt.edition": ("指标版本号或版本文件", "edition id, or an edition file"),
    "opt.roster": ("企业名单（Excel 或 CSV）", "roster of enterprises (Excel or CSV)"),
    "opt.out_dir": ("输出文件夹", "folder to write to"),
    "opt.n": ("份数", "how many"),
    "opt.seed": ("随机种子，相同种子结果相同", "random seed; equal seeds give equal files"),
    "opt.clean": ("不带填报错误", "without faults"),
    "opt.files": ("回表文件", "returns to check"),
    "opt.folder": ("回表所在文件夹，或 s3:// 等网址", "folder of returns, or a URL such as s3://…"),
    "opt.batch": ("批次文件", "batch file"),
    "opt.jobs": ("读取进程数，默认为处理器个数", "processes that read; by default one for each processor"),
    "opt.scheduler": (
        "dask 调度程序地址，如 tcp://主机:8786：由集群读取",
        "a dask scheduler, such as tcp://host:8786: its workers read",
    ),
    "opt.cpu_seconds": ("读取一个文件的处理器时间上限（秒）", "seconds of CPU time that one file may take"),
    "opt.memory_mb": ("一个读取进程的内存上限（MB）", "megabytes of memory that a reading process may take"),
    "opt.wall_seconds": ("读取一个文件的时间上限（秒）", "seconds by the clock that one file may take"),
    "opt.file_to": (
        "把能读取的原件另存一份到这个文件夹：区县/代码_企业名称",
        "keep a copy of each readable original there, as 区县/代码_企业名称",
    ),
    "opt.region": ("区域名称（报告标题用）", "name of the region, for the report's title"),
    "opt.force": ("写在已填写的工作簿上（不加则拒绝）", "write over a workbook that somebody has filled in"),
    "opt.add": ("把这个文件夹加进批次，与原有文件夹并列", "add the folder to those that the batch reads"),
    "opt.replace": ("批次改用这个文件夹，原有文件夹的回表离开批次", "read this folder in the place of the batch's own"),
    "opt.gone": (
        "文件夹已不在，或少了一半以上的文件：确认它们离开批次",
        "let leave what is no longer there, though it is a folder, or more than half of one",
    ),
    "opt.phase": ("只统计该评测阶段：{known}", "only this phase: {known}"),
    "opt.kind": ("只统计该评测类型：{known}", "only this kind of assessment: {known}"),
    "opt.format": ("导出格式：csv、json 或 parquet", "csv, json or parquet"),
    "opt.json": ("在标准输出给出一个 JSON 文档", "print one JSON document on stdout"),
    "opt.strict": ("有退回或拒收的文件时，退出码为 1", "exit status 1 if a file was returned or rejected"),
    "opt.strict_check": ("有提醒时，退出码也为 1", "exit status 1 on warnings, too"),
    "opt.version": ("显示版本号", "print the version"),
    # --- results
    "form.written": ("空白评测表：{path}", "blank form: {path}"),
    "forms.written": ("已生成 {n} 份预填表：{folder}", "{n} pre-filled forms in {folder}"),
    "sample.written": ("已生成 {n} 份虚构回表：{folder}", "{n} made-up returns in {folder}"),
    "ingest.done": (
        "{entries} 个文件：计入 {counted}，退回更正 {returned}，被替代 {superseded}，拒收 {rejected}",
        "{entries} files: {counted} counted, {returned} returned, {superseded} superseded, {rejected} rejected",
    ),
    "ingest.read": ("其中 {read} 个是新增或改动过的，本次读取。", "{read} of them were new or changed, and read now"),
    "filed.done": (
        "原件归档：新存 {n} 份，已有 {there} 份：{path}",
        "originals filed: {n} copies written, {there} there before: {path}",
    ),
    "filed.passed_over": (
        "{path} 中是归档的原件，不作为回表读取。",
        "{path} holds originals that were filed; it is not read for returns",
    ),
    "filed.missed": (
        "{n} 份原件读取后有变动或取不到，没有归档，请再运行一次：{files}",
        "{n} originals have changed since they were read, or are gone, and were not filed; run this again: {files}",
    ),
    "filed.taken": (
        "{n} 份原件没有归档：{path} 中同名的文件内容不同。请移走那些文件后再运行一次：{files}",
        "{n} originals were not filed, for other files in {path} have their names; move those, run this again: {files}",
    ),
    "file_to.around": (
        "--file-to 的文件夹 {path} 是要读取的文件夹，或把它包在内，归档的文件会被当作回表。请换一个文件夹。",
        "{path} is the folder that is read, or around it: copies would be taken for returns; choose another",
    ),
    "file_to.not_empty": (
        "--file-to 的文件夹 {path} 在要读取的文件夹内，且已有文件，那些文件会不再作为回表读取。请给出一个空文件夹。",
        "{path} lies in the folder that is read and holds files, which would be passed over; name one that is empty",
    ),
    "file_to.elsewhere": (
        "--file-to 须是本机的文件夹，{path} 不是。",
        "--file-to has to be a folder of this machine, which {path} is not",
    ),
    "ingest.progress": ("读取回表", "reading returns"),
    "ingest.rate": ("每秒 {n} 个", "{n} a second"),
    "ingest.left": ("还需 {time}", "{time} left"),
    "batch.written": ("批次：{path}", "batch: {path}"),
    "report.written": ("汇总报告：{path}", "summary workbook: {path}"),
    "returned.written": ("退回更正的问题清单：{path}", "issues of the returned files: {path}"),
    "export.written": ("已导出：{path}", "exported: {path}"),
    "edition.unwritable": (
        "按这份指标无法生成评测表，{place}：{why}",
        "no form can be made of this edition, {place}: {why}",
    ),
    "edition.sound": ("版本文件完整自洽：{title}（{sha256}）", "sound: {title} ({sha256})"),
    "check.verdict.ok": ("有效", "valid"),
    "check.verdict.errors": ("须更正：{errors} 处错误，{warnings} 处提醒", "errors: {errors}, warnings: {warnings}"),
    "check.verdict.warnings": ("有效，{warnings} 处提醒", "valid, warnings: {warnings}"),
    "check.verdict.rejected": ("不能读取", "not a return"),
    "check.issues": ("问题", "issues"),
    "check.place": ("位置", "where"),
    "check.code": ("代码", "code"),
    "check.message": ("说明", "what and how to mend"),
    "check.error": ("错误", "error"),
    "check.warning": ("提醒", "warning"),
    "check.no_score": ("更正错误后才评分。", "No score until the errors are mended."),
    "check.working": ("得分过程", "the score with its working"),
    "check.question": ("采集项", "question"),
    "check.answer": ("作答", "answer"),
    "check.path": ("权重", "weights"),
    "check.units": ("得分", "points"),
    "check.total": ("合计", "total"),
    "check.scene": ("应用场景", "scene"),
    "check.level": ("等级", "level"),
    "check.condition": ("条件", "condition"),
    "check.has": ("实际", "has"),
    "check.needs": ("要求", "needs"),
    "check.score_condition": ("{part}得分", "{part} score"),
    "check.scenes_condition": ("达到{level}的应用场景", "scenes at {level}"),
    "check.binding_condition": ("其中约束性场景", "binding ones among them"),
    "check.level_is": ("数字化水平等级：{level}，得分 {score}", "level: {level}, score {score}"),
    "check.next": ("距{level}还差：{gap}", "missing to {level}: {gap}"),
    "check.gap.points": ("{n} 分", "{n} points"),
    "check.gap.scenes": ("{n} 个达到该级的场景", "{n} scenes at that level"),
    "check.gap.binding": ("{n} 个达到该级的约束性场景", "{n} binding scenes at that level"),
    "check.blank": ("（未作答）", "(no answer)"),
    # --- an edition
    "show.rules": ("规则", "rules"),
    "show.levels": ("等级", "levels"),
    "show.questions": ("采集项", "questions"),
    "show.indicators": ("一级指标和二级指标", "indicators"),
    "show.scenes": ("应用场景", "scenes"),
    "show.energies": ("折标准煤系数", "coal equivalents"),
    "show.glossary": ("名词解释", "glossary"),
    "show.checks": ("核对规则", "checks"),
    "show.rulings": ("口径", "rulings"),
    "show.clause": ("条款", "clause"),
    "show.score": ("得分", "score"),
    "show.scene": ("场景", "scene"),
    "show.binding": ("约束性", "binding"),
    "show.requirement": ("要求", "requirement"),
    "show.description": ("说明", "description"),
    "show.first": ("一级指标", "first level"),
    "show.second": ("二级指标", "second level"),
    "show.weight": ("权重", "weight"),
    "show.number": ("题", "no."),
    "show.title": ("题目", "title"),
    "show.type": ("类型", "type"),
    "show.options": ("选项", "options"),
    "show.figures": ("数据", "figures"),
    "show.energy": ("能源", "energy"),
    "show.unit": ("单位", "unit"),
    "show.coefficient": ("系数", "coefficient"),
    "show.term": ("名词", "term"),
    "show.meaning": ("解释", "meaning"),
    "show.kind": ("种类", "kind"),
    "show.content": ("内容", "content"),
    "show.gap": ("未明确之处", "what is left open"),
    "show.choice": ("处理", "what is done"),
    "show.reason": ("理由", "why"),
    # --- errors
    "usage.missing": ("缺少 {name}。用法见 {command} -h", "{name} is missing; see {command} -h"),
    "usage.whole": ("{name} 应为整数。用法见 {command} -h", "{name} takes a whole number; see {command} -h"),
    "usage.at_least": (
        "{name} 应为不小于 {least} 的整数。用法见 {command} -h",
        "{name} takes a whole number of {least} or more; see {command} -h",
    ),
    "usage.value": (
        "{name} 的值不能用（{said}）。用法见 {command} -h",
        "{name} cannot take this value ({said}); see {command} -h",
    ),
    "usage.option": ("没有 {name} 这个选项。用法见 {command} -h", "there is no option {name}; see {command} -h"),
    "usage.option_like": (
        "没有 {name} 这个选项，相近的有：{like}。用法见 {command} -h",
        "there is no option {name}, but {like}; see {command} -h",
    ),
    "usage.needs_value": ("{name} 后面缺少值。用法见 {command} -h", "{name} needs a value; see {command} -h"),
    "usage.no_value": ("{name} 不能带值。用法见 {command} -h", "{name} takes no value; see {command} -h"),
    "usage.command": (
        "没有这个命令，可用的有：{known}。用法见 {command} -h",
        "there is no such command, but {known}; see {command} -h",
    ),
    "usage.extra": (
        "多出了：{extra}。路径中有空格时请加引号。用法见 {command} -h",
        "this is too much: {extra}; put a path with spaces in quotes; see {command} -h",
    ),
    "usage.other": ("命令的写法不对（{said}）。用法见 {command} -h", "{said}; see {command} -h"),
    "error": ("错误：{text}", "error: {text}"),
    "file.missing": ("找不到文件：{path}", "no such file: {path}"),
    "file.folder": (
        "{path} 是文件夹，这里需要一个文件。检查整个文件夹的回表用 smebatch ingest 或 smebatch run。",
        "{path} is a folder, and a file is wanted here; for a folder of returns use smebatch ingest or smebatch run",
    ),
    "file.special": ("{path} 不是普通文件，不能读取。", "{path} is no ordinary file and cannot be read"),
    "folder.missing": ("找不到文件夹：{path}", "no such folder: {path}"),
    "folder.file": (
        "{path} 是文件。请给出它所在的文件夹 {folder}（其中的压缩包也会读取）；只检查一份回表用 smebatch check。",
        "{path} is a file: give its folder, {folder}, whose archives are read as well; for one return there is check",
    ),
    "folder.other": (
        "{path} 不是批次 {batch} 的文件夹（{known}）。加入用 --add，改用它用 --replace，另建批次用 -b。",
        "{path} is not the folder of {batch} ({known}): use --add, or --replace to read it instead, or another -b",
    ),
    "folder.nested": (
        "{path} 与批次中的文件夹 {other} 一个在另一个之内，文件会算两次。请只用外层的文件夹。",
        "one of {path} and the batch's folder {other} lies in the other: files would count twice; use the outer one",
    ),
    "folder.vanished": (
        "打不开批次的文件夹 {path}：{error}。请检查网络盘或移动盘是否接好；确实不要了，用 --gone。",
        "the batch's folder {path} cannot be opened: {error}; is its disk there? If it is gone for good, use --gone",
    ),
    "folder.lost": (
        "文件夹 {path} 中读过的 {total} 个文件少了 {lost} 个，批次未作改动。请检查文件夹；确实不要了，用 --gone。",
        "of {total} files that were read of {path}, {lost} are gone; the batch was left alone: if that is so, --gone",
    ),
    "folder.moved": (
        "文件夹由 {old} 移到了 {path}：文件相同，批次接着使用。",
        "the folder has moved from {old} to {path}: the files are the same, and so is the batch",
    ),
    "folder.dropped": ("文件夹 {path} 已离开批次。", "the folder {path} has left the batch"),
    "folder.add_or_replace": (
        "--add 与 --replace 只能用一个。",
        "--add and --replace cannot be used together",
    ),
    "ingest.gone": (
        "{n} 个文件离开了批次（历史中保留）：{files}",
        "{n} files have left the batch (its history keeps them): {files}",
    ),
    "ingest.more": (" 等", " and others"),
    "ingest.none_counts": (
        "注意：{path} 中没有一份回表计入。",
        "note: not one return of {path} counts",
    ),
    "output.ending": (
        "输出文件 {path} 的扩展名应为 {ending}。",
        "the file to write, {path}, has to end with {ending}",
    ),
    "output.folder": (
        "{path} 是文件夹。请给出文件名，如 {inside}。",
        "{path} is a folder; name a file, such as {inside}",
    ),
    "output.special": (
        "{path} 不是普通文件，不能写入。请换一个文件名。",
        "{path} is no ordinary file and is not written to; choose another name",
    ),
    "output.input": (
        "{path} 是要读取的文件，不能同时用作输出。请换一个文件名。",
        "{path} is what is read, and cannot be written to; choose another name",
    ),
    "output.filled": (
        "{path} 是已填写的工作簿，未作改动。请换一个文件名；确实要覆盖，加 --force。",
        "{path} is a workbook that somebody has filled in; it was left alone: choose another name, or add --force",
    ),
    "output.aside": (
        "{path} 有人改动过，已另存为 {aside}。",
        "{path} had been changed by somebody; it is now called {aside}",
    ),
    "out_dir.needs_roster": (
        "--out-dir 用于按名单生成，请同时给出 --roster；单份空白表用 -o。",
        "--out-dir goes with --roster; for one blank form use -o",
    ),
    "roster.no_output": (
        "给出 --roster 时每家一份，写入 --out-dir；不能同时用 -o。",
        "with --roster there is a form for each enterprise, in --out-dir; -o cannot be used with it",
    ),
    "folder.broke_off": (
        "读取中断：连续几个文件取不到（如 {path}），磁盘或网络可能已断开。已入库的保留，请恢复后再运行。",
        "reading broke off: file after file cannot be had ({path}); what is stored is kept, run this again",
    ),
    "readers.no_start": (
        "读取进程无法启动：内存、进程数或临时文件受到系统限制。已入库的保留，请放宽限制后再运行一次。",
        "no reading process can start: the system limits memory, processes or files; raise that and run this again",
    ),
    "readers.time": (
        "空白表也读不完：处理器时间受限，与回表无关。已入库的保留，请放宽系统限制或 --cpu-seconds 后再运行。",
        "not even a blank form can be read in time: raise the system's limit, --cpu-seconds or --wall-seconds",
    ),
    "readers.memory": (
        "空白表也读不出：内存受限，与回表无关。已入库的保留，请放宽系统限制或 --memory-mb 后再运行。",
        "not even a blank form can be read: memory is too short; raise the system's limit or --memory-mb",
    ),
    "readers.broken": (
        "空白表也读不出：读取进程被系统中止，与回表无关。已入库的保留，请检查系统限制和安全软件后再运行。",
        "not even a blank form can be read: the system ends what reads; see what limits it, run this again",
    ),
    "folder.unreachable": ("无法打开 {path}：{error}", "cannot open {path}: {error}"),
    "folder.needs_extra": (
        "读取 {path} 需要安装附加组件：pip install 'smebatch[cluster]'",
        "to read {path}, install the extra: pip install 'smebatch[cluster]'",
    ),
    "cluster.missing": (
        "使用 --scheduler 需要安装附加组件：pip install 'smebatch[cluster]'",
        "--scheduler needs the extra: pip install 'smebatch[cluster]'",
    ),
    "cluster.unreachable": (
        "连接不上调度程序 {address}，请确认它已启动。",
        "the scheduler {address} does not answer; is it running?",
    ),
    "cluster.no_worker": (
        "调度程序 {address} 没有工作进程，请先启动工作进程。",
        "the scheduler {address} has no worker; start some first",
    ),
    "cluster.version": (
        "以下工作进程没有安装 smebatch {version}：{workers}",
        "these workers do not have smebatch {version}: {workers}",
    ),
    # Why the system refuses something, by the name of its number; said within other messages.
    "system.ENOENT": ("文件或文件夹不存在", "there is no such file or folder"),
    "system.EACCES": (
        "没有权限，或正被其他程序（如 Excel）打开",
        "that is not allowed, or another program, such as Excel, has it open",
    ),
    "system.EPERM": ("系统不允许", "the system does not allow it"),
    "system.EROFS": ("磁盘是只读的", "the disk can only be read"),
    "system.ENOSPC": ("磁盘已满，请腾出空间", "the disk is full; make room"),
    "system.EDQUOT": ("磁盘配额已用完，请腾出空间", "the disk quota is used up; make room"),
    "system.EFBIG": ("文件超过了系统允许的大小", "the file is larger than the system allows"),
    "system.EISDIR": ("这是文件夹，不是文件", "it is a folder, not a file"),
    "system.ENOTDIR": ("路径中有一段是文件，不是文件夹", "part of the path is a file, not a folder"),
    "system.EEXIST": ("这里已有同名的文件", "a file of this name is there already"),
    "system.ENOTEMPTY": ("文件夹不是空的", "the folder is not empty"),
    "system.ENAMETOOLONG": ("文件名或路径太长，请缩短", "the name or path is too long; shorten it"),
    "system.EINVAL": ("名称或内容不被系统接受", "the system does not accept this name or content"),
    "system.EILSEQ": ("名称中有系统不接受的字符", "the name has characters that the system does not accept"),
    "system.ELOOP": ("链接互相指向，没有尽头", "links lead to each other without end"),
    "system.EXDEV": ("两处不在同一个磁盘上", "the two places are not on one disk"),
    "system.EBUSY": ("正被其他程序使用", "another program is using it"),
    "system.ETXTBSY": ("正被其他程序使用", "another program is using it"),
    "system.EAGAIN": ("系统一时忙不过来，请稍后再试", "the system is too busy just now; try again later"),
    "system.EMFILE": ("打开的文件太多", "too many files are open"),
    "system.ENFILE": ("打开的文件太多", "too many files are open"),
    "system.ENOMEM": ("内存不足，请关闭其他程序", "there is too little memory; close other programs"),
    "system.EIO": ("磁盘读写出错，磁盘或连接可能有问题", "the disk fails; it or its cable may be broken"),
    "system.ENODEV": ("磁盘已断开", "the disk is not connected"),
    "system.ENXIO": ("磁盘已断开", "the disk is not connected"),
    "system.ENOTCONN": ("磁盘或网络已断开", "the disk or the network is not connected"),
    "system.ESTALE": ("网络盘已断开，请重新连接", "the network disk is gone; connect it again"),
    "system.ETIMEDOUT": ("对方没有及时回应", "there was no answer in time"),
    "system.ECONNREFUSED": ("对方拒绝连接", "the connection was refused"),
    "system.ECONNRESET": ("连接被中断", "the connection was cut"),
    "system.EHOSTUNREACH": ("网络不通", "the network does not lead there"),
    "system.ENETUNREACH": ("网络不通", "the network does not lead there"),
    "system.other": ("系统的说明是“{said}”", "{said}"),
    "duckdb.version": ("由另一版本的 DuckDB 写成", "another version of DuckDB wrote it"),
    "duckdb.damaged": ("文件内容已损坏", "what it holds is damaged"),
    "duckdb.other": ("数据库的说明是“{said}”", "{said}"),
    "remote.other": ("对方的说明是“{said}”", "{said}"),
    "os.error.somewhere": ("无法读写：{error}", "cannot read or write: {error}"),
    "os.error": ("无法读写 {path}：{error}", "cannot read or write {path}: {error}"),
    "batch.missing": (
        "找不到批次文件 {path}，请先运行 smebatch ingest。",
        "no batch {path}; run smebatch ingest first",
    ),
    "batch.unusable": (
        "批次文件 {path} 无法使用：{error}。文件未作改动；请用 -b 换一个文件名，再运行 smebatch ingest。",
        "the batch {path} cannot be used: {error}; it was left alone: choose another name with -b, run smebatch ingest",
    ),
    "batch.elsewhere": (
        "批次须是本机上的文件，{path} 不是。请用 -b 给出文件名，如 batch.duckdb。",
        "the batch has to be a file of this machine, which {path} is not; name one with -b, such as batch.duckdb",
    ),
    "batch.name": (
        "批次的路径 {path} 中有不是文字的字符，数据库打不开。请用 -b 换一个文件名或文件夹。",
        "the path of the batch, {path}, is no text, and no database can be there; choose another name with -b",
    ),
    "batch.folder": (
        "{path} 是文件夹，不是批次文件。请给出其中的文件名，如 -b {inside}。",
        "{path} is a folder, no batch; name a file in it, such as -b {inside}",
    ),
    "batch.special": (
        "{path} 不是普通文件，不能用作批次。请用 -b 换一个文件名。",
        "{path} is no ordinary file, so it can be no batch; choose another name with -b",
    ),
    "batch.sqlite": (
        "{path} 是 SQLite 数据库，不是 smebatch 的批次，未作改动。请用 -b 换一个文件名。",
        "{path} is a SQLite database, no batch of smebatch; it was left alone. Choose another name with -b",
    ),
    "batch.workbook": (
        "{path} 是工作簿或压缩包，不是 smebatch 的批次，未作改动。请用 -b 换一个文件名。",
        "{path} is a workbook or an archive, no batch of smebatch; it was left alone. Choose another name with -b",
    ),
    "batch.other": (
        "{path} 是别的文件，不是 smebatch 的批次，未作改动。请用 -b 换一个文件名。",
        "{path} is another kind of file, no batch of smebatch; it was left alone. Choose another name with -b",
    ),
    "batch.memory": (
        "内存不足，批次 {path} 没有处理完，已读取的部分会保留。请关闭其他程序后再运行一次。",
        "there is too little memory to go on with {path}; what was read is kept: close other programs, run this again",
    ),
    "batch.busy": (
        "批次 {path} 正被另一个程序使用，请等它结束后再运行。",
        "the batch {path} is in use by another program; run this again when that has ended",
    ),
    "batch.does_not_add_up": (
        "批次 {path} 的台账与文件夹中的文件对不上，仍保留上次的结果。请用 -b 换一个文件名再运行一次，并报告此问题。",
        "the ledger of {path} does not match the files of the folder, and was left as it was: use another -b",
    ),
    "batch.unwritable": ("无法写入批次 {path}：{error}", "cannot write the batch {path}: {error}"),
    "batch.other_version": (
        "批次由程序的另一版本生成，全部回表重新读取。",
        "the batch was made by another version of the program: all returns are read anew",
    ),
    "batch.other_text": (
        "“{title}”的版本文件有改动，全部回表重新读取。",
        "the edition file of “{title}” has been changed: all returns are read anew",
    ),
    "batch.other_edition": (
        "批次原按“{old}”读取，现按“{new}”全部重新读取。若非本意，请带上原来的 --edition 再运行一次。",
        "read by “{old}” before, now all is read anew by “{new}”; if that is not meant, give --edition as before",
    ),
    "batch.foreign": (
        "{path} 是别的 DuckDB 数据库，不是 smebatch 的批次，未作改动。请换一个文件名。",
        "{path} is a DuckDB database, but no batch of smebatch; it was left alone. Choose another name",
    ),
    "batch.outdated": (
        "批次 {path} 由另一版本的程序生成，请再运行一次 smebatch ingest。",
        "the batch {path} was made by another version; run smebatch ingest again",
    ),
    "batch.cut_short": (
        "注意：批次 {path} 最近一次读取没有完成，结果仍是 {read_at} 读取的；请再运行一次 smebatch ingest。",
        "note: the last ingest into {path} was cut short; this is the state of {read_at}; run smebatch ingest again",
    ),
    "batch.unfinished": (
        "批次 {path} 上次读取没有完成，请再运行一次 smebatch ingest。",
        "the last ingest into {path} was cut short; run smebatch ingest again",
    ),
    "edition.missing": (
        "没有“{source}”这个版本，也没有这个文件。现有版本：{known}",
        "no edition and no file {source}; editions: {known}",
    ),
    "edition.unsound": ("版本文件 {source} 有问题：{error}", "the edition file {source} is not sound: {error}"),
    "roster.no_heading": (
        "名单 {path} 中找不到标题“{heading}”，请确认第一行是列标题。",
        "the roster {path} has no column {heading}",
    ),
    "roster.before": (
        "应报名单仍是 {at} 读取的 {path}，{n} 行；要换，请用 --roster 给出。",
        "the roster is still {path} of {at}, {n} rows; give another with --roster",
    ),
    "roster.doubled": (
        "名单 {path} 有两列分不清用哪一列：{first}、{second}。请删去一列，或改写其中一列的标题。",
        "the roster {path} has two columns for one thing: {first} and {second}; remove one, or head it otherwise",
    ),
    "roster.sheets_left": (
        "名单只读取了工作表“{what}”，没有读取：{where}。如有应报企业在其中，请并到一张工作表。",
        "of the roster only the sheet {what} was read, not {where}; put enterprises listed there on the same sheet",
    ),
    "roster.columns_taken": ("名单的列标题这样理解：{where}。", "headings of the roster were understood as: {where}"),
    "roster.columns_further": (
        "名单中评测表没有的列按原标题保留：{where}。",
        "columns of the roster that the form does not have are kept under their headings: {where}",
    ),
    "roster.columns_untitled": (
        "名单的 {where} 列有内容而没有标题，未读取。请补上标题。",
        "columns {where} of the roster have no heading and were not read; give them one",
    ),
    "roster.headings_again": (
        "名单第 {where} 行是重复的标题，不计为企业。",
        "rows {where} of the roster are headings, not enterprises",
    ),
    "roster.totals": (
        "名单第 {where} 行是合计，不计为企业。",
        "rows {where} of the roster are totals, not enterprises",
    ),
    "roster.remarks": (
        "名单第 {where} 行是说明，不计为企业。",
        "rows {where} of the roster are remarks, not enterprises",
    ),
    "roster.nameless": (
        "名单第 {where} 行没有企业名称和代码，未计为企业。请补填或删去。",
        "rows {where} of the roster have neither a name nor a code and are no enterprise; fill them in or delete them",
    ),
    "roster.digits_lost": (
        "名单第 {where} 行的“{what}”被存成了数值，后几位已丢失，按空白处理。请把该列设为文本后重新填写。",
        "{what} of rows {where} of the roster is a number that has lost its last digits: blank; enter it as text",
    ),
    "roster.code_odd": (
        "名单第 {where} 行的统一社会信用代码不是 18 位数字和大写字母，只能按名称核对。请更正。",
        "the credit codes of rows {where} of the roster are not 18 digits and capital letters; correct them",
    ),
    "roster.cells_unsaid": (
        "名单的单元格 {where} 是错误值、没有计算结果的公式或画了删除线的内容，按空白处理。请改填内容。",
        "cells {where} of the roster are errors, formulas without a result or struck out: blank; enter what they hold",
    ),
    "roster.twice": (
        "名单第 {where} 行的企业前面已经列过，按一家计。",
        "the enterprises of rows {where} of the roster stand further up as well, and count once",
    ),
    "roster.two_names": (
        "名单第 {where} 行的代码前面已经列过，而企业名称不同，按一家计。请核对代码。",
        "the codes of rows {where} of the roster stand further up under another name, and count once; check them",
    ),
    "roster.empty": ("名单 {path} 中没有企业。", "the roster {path} lists nobody"),
    "roster.unreadable": ("名单 {path} 不是能读取的 Excel 或 CSV 文件。", "the roster {path} is no Excel or CSV file"),
    "roster.needs_folder": ("使用 --roster 时请用 --out-dir 指定输出文件夹。", "--roster needs --out-dir"),
    "format.unknown": ("不支持的格式“{format}”，可选：{known}", "unknown format {format}; choose {known}"),
    "choice.unknown": ("{option} 没有“{value}”这个值，可选：{known}", "{option} knows no {value}; choose {known}"),
    "nothing.selected": ("没有符合条件的已计入回表：{what}", "no counted return is {what}"),
    "interrupted": ("已中断。再次运行同一命令即可接着处理。", "interrupted; run the same command again to go on"),
}


def language() -> str:
    """``zh`` or ``en``."""
    chosen = os.environ.get("SMEBATCH_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG")
    if not chosen:
        chosen = locale.getlocale()[0] or ""
    return "zh" if chosen.lower().startswith(("zh", "chinese")) else "en"


def say(code: str, **values: object) -> str:
    """The message of a code in the user's language."""
    zh, en = _MESSAGES[code]
    return (zh if language() == "zh" else en).format(**values)
